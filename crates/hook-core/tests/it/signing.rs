//! The form of a signing secret: the Standard Webhooks specification, "Signature scheme".

use hook_core::{InvalidSigningSecret, SigningSecret};

#[test]
fn the_specifications_own_example_is_read() {
    let secret: SigningSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".parse().unwrap();
    assert_eq!((secret.key().len(), secret.key()[0], secret.key()[23]), (24, 0x0b, 0x03));
    assert_eq!(format!("{secret:?}"), "SigningSecret(••••••••)");
}

#[test]
fn padding_may_be_left_out() {
    let padded: SigningSecret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==".parse().unwrap();
    assert_eq!("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".parse(), Ok(padded));
}

#[test]
fn another_form_is_refused_without_being_repeated() {
    for (text, expected) in [
        ("", "it does not begin with whsec_"),
        ("C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "it does not begin with whsec_"),
        ("WHSEC_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "it does not begin with whsec_"),
        ("whsec_", "it is the base64 of 0 bytes, and 24 to 64 are allowed"),
        ("whsec_C2FVsBQIhrscChlQIMV-b5sSYspob7oD", "what follows whsec_ is no base64"),
        ("whsec_ C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "what follows whsec_ is no base64"),
        ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7o=", "it is the base64 of 23 bytes, and 24 to 64 are allowed"),
    ] {
        let error: InvalidSigningSecret = text.parse::<SigningSecret>().unwrap_err();
        assert_eq!(error.to_string(), expected, "for {text:?}");
    }
    let longest = format!("whsec_{}", "A".repeat(84) + "AA==");
    assert_eq!(longest.parse::<SigningSecret>().unwrap().key().len(), 64);
    let longer = format!("whsec_{}", "A".repeat(84) + "AAA=");
    assert_eq!(longer.parse::<SigningSecret>(), Err(InvalidSigningSecret::Length { bytes: 65 }));
}

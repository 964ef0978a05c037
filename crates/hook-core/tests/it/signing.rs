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
        ("whsec_", "nothing follows whsec_"),
        ("whsec_C2FVsBQIhrscChlQIMV-b5sSYspob7oD", "what follows whsec_ is no base64"),
        ("whsec_ C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "what follows whsec_ is no base64"),
        ("whsec_====", "what follows whsec_ is no base64"),
        ("whsec_A", "what follows whsec_ is no base64"),
    ] {
        let error: InvalidSigningSecret = text.parse::<SigningSecret>().unwrap_err();
        assert_eq!(error.to_string(), expected, "for {text:?}");
    }
}

#[test]
fn a_key_of_any_length_is_the_receivers_business() {
    for (encoded, bytes) in [
        ("AA==".to_owned(), 1),
        ("c2VjcmV0".to_owned(), 6),
        ("A".repeat(84) + "AA==", 64),
        ("A".repeat(84) + "AAA=", 65),
        ("A".repeat(400), 300),
    ] {
        let secret: SigningSecret = format!("whsec_{encoded}").parse().unwrap();
        assert_eq!(secret.key().len(), bytes, "{encoded}");
    }
}

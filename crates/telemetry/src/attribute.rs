//! A name and a value, as OTLP writes them.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};

/// What an attribute can hold here.
pub(crate) trait AttributeValue {
    fn into_value(self) -> Value;
}

/// An attribute of a span, a resource or a point.
pub(crate) fn attribute(key: &str, value: impl AttributeValue) -> KeyValue {
    let value = Some(AnyValue { value: Some(value.into_value()) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

impl AttributeValue for &str {
    fn into_value(self) -> Value {
        Value::StringValue(self.to_owned())
    }
}

impl AttributeValue for String {
    fn into_value(self) -> Value {
        Value::StringValue(self)
    }
}

impl AttributeValue for bool {
    fn into_value(self) -> Value {
        Value::BoolValue(self)
    }
}

impl AttributeValue for i64 {
    fn into_value(self) -> Value {
        Value::IntValue(self)
    }
}

impl AttributeValue for u32 {
    fn into_value(self) -> Value {
        i64::from(self).into_value()
    }
}

impl AttributeValue for u64 {
    /// OTLP has no unsigned number; what does not fit is the greatest that it has.
    fn into_value(self) -> Value {
        i64::try_from(self).unwrap_or(i64::MAX).into_value()
    }
}

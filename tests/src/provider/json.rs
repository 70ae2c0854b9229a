//! JSON whose fields stay in the order in which they are written, as providers send them.

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap as _, SerializeSeq as _},
};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(u64),
    Real(f64),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(&'static str, Self)>),
}

/// An object: `object! { "id": id, "usage": Json::Null }`.
macro_rules! object {
    ($($key:literal: $value:expr),* $(,)?) => {
        $crate::provider::json::Json::Object(vec![$(($key, $crate::provider::json::Json::from($value))),*])
    };
}
/// A list: `list![1, "two"]`.
macro_rules! list {
    ($($value:expr),* $(,)?) => {
        $crate::provider::json::Json::List(vec![$($crate::provider::json::Json::from($value)),*])
    };
}
pub(super) use {list, object};

impl Json {
    /// Puts a field at the end of an object.
    pub(super) fn with(mut self, key: &'static str, value: impl Into<Self>) -> Self {
        if let Self::Object(fields) = &mut self {
            fields.push((key, value.into()));
        }
        self
    }

    /// The same where there is a value.
    pub(super) fn with_some(self, key: &'static str, value: Option<impl Into<Self>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// As it is sent.
    pub(super) fn bytes(&self) -> Vec<u8> {
        // Texts, numbers and lists only: there is nothing in it that JSON cannot say.
        serde_json::to_vec(self).expect("these types serialise")
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => serializer.serialize_u64(*value),
            Self::Real(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| list.serialize_element(value))?;
                list.end()
            }
            Self::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                fields.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Json {
    fn from(value: u64) -> Self {
        Self::Number(value)
    }
}

impl From<u32> for Json {
    fn from(value: u32) -> Self {
        Self::Number(value.into())
    }
}

impl From<u16> for Json {
    fn from(value: u16) -> Self {
        Self::Number(value.into())
    }
}

impl From<f64> for Json {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for Json {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<&String> for Json {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<String> for Json {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<Self>> for Json {
    fn from(values: Vec<Self>) -> Self {
        Self::List(values)
    }
}

impl<T: Into<Self>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stay_in_order() {
        let value = object! {
            "z": 1u64, "a": list!["x", true, Json::Null, 0.5], "m": object! { "n": None::<u64>, "o": Some("p") },
        };
        let value = value.with("b", 2u64).with_some("c", None::<u64>).with_some("d", Some("é"));
        assert_eq!(
            String::from_utf8(value.bytes()).unwrap(),
            "{\"z\":1,\"a\":[\"x\",true,null,0.5],\"m\":{\"n\":null,\"o\":\"p\"},\"b\":2,\"d\":\"é\"}"
        );
    }
}

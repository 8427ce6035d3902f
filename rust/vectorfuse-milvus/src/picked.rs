//! What `with_payload` leaves of a row where the payload is one column: whole fields, or members of them.

use serde_json::{Map, Value};
use vectorfuse_core::options::Chosen;

use crate::schema::members;

/// The names of `with_payload`, taken apart.
pub(crate) struct Picked {
    only: bool,
    names: Vec<Vec<String>>,
}

impl Picked {
    pub(crate) fn of(chosen: &Chosen) -> Self {
        let (names, only) = match chosen {
            Chosen::Only(names) => (names, true),
            Chosen::AllBut(names) => (names, false),
        };
        // A name is that of a field where there is such a field, else a path.
        let whole = names.iter().map(|name| vec![name.clone()]);
        Self { only, names: whole.chain(names.iter().map(|name| members(name))).collect() }
    }

    /// Whether anything can be left of a field.
    pub(crate) fn has(&self, name: &str) -> bool {
        let mut paths = self.names.iter().filter(|path| path.first().is_some_and(|first| first == name));
        if self.only { paths.next().is_some() } else { paths.all(|path| path.len() > 1) }
    }

    /// What is left of an object.
    pub(crate) fn object(&self, object: Map<String, Value>) -> Map<String, Value> {
        let paths: Vec<&[String]> = self.names.iter().map(Vec::as_slice).collect();
        self.members(object, &paths)
    }

    fn members(&self, object: Map<String, Value>, paths: &[&[String]]) -> Map<String, Value> {
        let left = object.into_iter().filter_map(|(name, value)| {
            let inside = paths.iter().filter_map(|path| path.split_first());
            let inside: Vec<&[String]> = inside.filter(|(first, _)| **first == name).map(|(_, rest)| rest).collect();
            let value = match (inside.is_empty(), inside.iter().any(|rest| rest.is_empty())) {
                (true, _) => (!self.only).then_some(value),
                (false, true) => self.only.then_some(value),
                (false, false) => self.value(value, &inside),
            };
            value.map(|value| (name, value))
        });
        left.collect()
    }

    /// What is left of a value, in which paths go on; a list is looked through.
    fn value(&self, value: Value, paths: &[&[String]]) -> Option<Value> {
        match value {
            Value::Object(object) => Some(self.members(object, paths).into()),
            Value::Array(values) => Some(values.into_iter().filter_map(|value| self.value(value, paths)).collect()),
            Value::Null => Some(Value::Null),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => (!self.only).then_some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn left(chosen: &Chosen) -> Value {
        let row = json!({
            "address": {"city": "Bonn", "zip": {"code": 5, "area": 3}}, "items": [{"price": 1, "n": 2}, null, 7],
            "a.b": 1, "a": {"b": 2, "c": 3}, "n": null, "x": 4
        });
        let Value::Object(row) = row else { panic!("an object") };
        Picked::of(chosen).object(row).into()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn names_are_fields_or_paths_to_their_members() {
        for (chosen, expected) in [
            (&["x", "address.city"][..], json!({"x": 4, "address": {"city": "Bonn"}})),
            (&["address.zip.code", "address.city"], json!({"address": {"city": "Bonn", "zip": {"code": 5}}})),
            (&["address", "address.city"], json!({"address": {"city": "Bonn", "zip": {"code": 5, "area": 3}}})),
            (&["items.price", "n.y"], json!({"items": [{"price": 1}, null], "n": null})),
            (&["x.y", "address.street", "none"], json!({"address": {}})),
            (&["a.b"], json!({"a.b": 1, "a": {"b": 2}})),
            (&[], json!({})),
        ] {
            assert_eq!(left(&Chosen::Only(names(chosen))), expected, "{chosen:?}");
        }
    }

    #[test]
    fn what_is_excluded_can_be_a_member_too() {
        let all = left(&Chosen::AllBut(Vec::new()));
        assert_eq!(all.as_object().unwrap().len(), 6);
        let others = left(&Chosen::AllBut(names(&["address.zip.area", "items.n", "a.b", "n", "x.y"])));
        let expected = json!({
            "address": {"city": "Bonn", "zip": {"code": 5}}, "items": [{"price": 1}, null, 7], "a": {"c": 3}, "x": 4
        });
        assert_eq!(others, expected);
    }

    #[test]
    fn a_field_is_asked_for_if_anything_of_it_is_left() {
        let only = Picked::of(&Chosen::Only(names(&["address.city", "x"])));
        assert!(only.has("address") && only.has("x") && !only.has("a"));
        let others = Picked::of(&Chosen::AllBut(names(&["address.city", "x"])));
        assert!(others.has("address") && !others.has("x") && others.has("a"));
    }
}

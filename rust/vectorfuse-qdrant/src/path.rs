//! Paths into a payload, as Qdrant writes them: `city`, `address.zip`, `"first name"`, `tags[]`, `tags[0].name`.

/// Whether a server can read the path.
pub(crate) fn is_valid(text: &str) -> bool {
    segments(text).is_some()
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Into the member of an object.
    Member(String),
    /// Into each item of a list.
    Each,
    /// Into one item of a list.
    Item,
}

/// The steps of a path; `None` if it is none.
pub(crate) fn segments(text: &str) -> Option<Vec<Step>> {
    let (name, mut rest) = member(text)?;
    let mut steps = vec![Step::Member(name)];
    while !rest.is_empty() {
        if let Some(next) = rest.strip_prefix('.') {
            let (name, after) = member(next)?;
            steps.push(Step::Member(name));
            rest = after;
        } else {
            let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
            if !index.bytes().all(|byte| byte.is_ascii_digit()) || (!index.is_empty() && index.parse::<u64>().is_err())
            {
                return None;
            }
            steps.push(if index.is_empty() { Step::Each } else { Step::Item });
            rest = after;
        }
    }
    Some(steps)
}

/// A member's name in front of a path: plain, or in quotes.
fn member(text: &str) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (name, rest) = quoted.split_once('"')?;
        return (!name.contains('\\')).then(|| (name.to_owned(), rest));
    }
    let plain = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    let end = text.find(|letter| !plain(letter)).unwrap_or(text.len());
    (end > 0).then(|| (text[..end].to_owned(), &text[end..]))
}

/// The path of a field of the payload's top level; `None` if its name can't stand in one.
pub(crate) fn of_field(field: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !field.is_empty() && field.bytes().all(plain) {
        return Some(field.to_owned());
    }
    (!field.is_empty() && !field.contains(['"', '\\'])).then(|| format!("\"{field}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> Step {
        Step::Member(name.to_owned())
    }

    #[test]
    fn paths_are_read_as_the_server_does() {
        assert_eq!(segments("a"), Some(vec![name("a")]));
        assert_eq!(
            segments("a.\"b c\"[].d-é[0][1]"),
            Some(vec![name("a"), name("b c"), Step::Each, name("d-é"), Step::Item, Step::Item])
        );
        assert_eq!(segments("\"\".a"), Some(vec![name(""), name("a")]));
        for wrong in ["", ".", "a.", "a b", "a[", "a[x]", "a[-1]", "\"a", "\"a\\\"\"", "a..b", "[]", "$.a"] {
            assert!(!is_valid(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_field_s_own_name_is_quoted_where_it_must_be() {
        assert_eq!(of_field("a_b-1").as_deref(), Some("a_b-1"));
        assert_eq!(of_field("a.b").as_deref(), Some("\"a.b\""));
        assert_eq!(of_field("a b").as_deref(), Some("\"a b\""));
        assert_eq!(of_field("a\"b"), None);
        assert_eq!(of_field(""), None);
    }
}

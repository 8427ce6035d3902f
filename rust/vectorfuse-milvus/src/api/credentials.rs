//! Who asks, as Milvus has it: a user with a password and an API key are one text alike.

use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::Options;

/// The text, with the option that it comes from.
pub(super) fn of(options: &Options) -> Result<Option<(&'static str, String)>> {
    let named = &options.named;
    let keys = [("token", &named.token), ("api_key", &named.api_key)];
    let mut given = keys.into_iter().filter_map(|(option, key)| Some((option, key.as_ref()?)));
    match (given.next(), given.next(), &named.username, &named.password) {
        (None, None, None, None) => Ok(None),
        (Some((option, key)), None, None, None) => Ok(Some((option, key.expose().to_owned()))),
        (None, None, Some(user), Some(password)) => {
            Ok(Some(("password", format!("{}:{}", user.expose(), password.expose()))))
        }
        (None, None, Some(_), None) | (None, None, None, Some(_)) => {
            Err(Error::options("options `username` and `password` go together"))
        }
        (Some(_) | None, _, _, _) => {
            Err(Error::options("options `token`, `api_key`, and `username` with `password` all say who asks: give one"))
        }
    }
}

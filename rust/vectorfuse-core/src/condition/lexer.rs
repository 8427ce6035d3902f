//! The words of a condition, each with the character at which it starts.

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, and whether it stood in backticks, so that it is no keyword.
    Name(String, bool),
    /// `${name}`
    Column(String),
    Integer(i64),
    Double(f64),
    Text(String),
    /// An operator or a bracket, in one spelling for each.
    Symbol(&'static str),
    End,
}

/// What is wrong: at which character, and what was expected there.
pub(super) type Wrong = (usize, String);

/// Each spelling of a symbol, the longer ones first, and the one that stands for it.
const SYMBOLS: &[(&str, &str)] = &[
    ("==", "="),
    ("!=", "!="),
    ("<>", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("&&", "and"),
    ("||", "or"),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
    ("!", "not"),
    ("(", "("),
    (")", ")"),
    (",", ","),
    (".", "."),
    ("-", "-"),
];

pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Wrong> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        let first = chars[at];
        let token = if first.is_whitespace() {
            at += 1;
            continue;
        } else if first == '$' {
            if chars.get(at + 1) != Some(&'{') {
                return Err((at + 1, "`{` and the name of a column".to_owned()));
            }
            Token::Column(until(&chars, &mut at, 2, '}')?)
        } else if first == '\'' || first == '"' {
            Token::Text(until(&chars, &mut at, 1, first)?)
        } else if first == '`' {
            Token::Name(until(&chars, &mut at, 1, '`')?, true)
        } else if first.is_ascii_digit() {
            number(&chars, &mut at)?
        } else if first.is_alphabetic() || first == '_' {
            while chars.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                at += 1;
            }
            Token::Name(chars[start..at].iter().collect(), false)
        } else {
            let rest: String = chars[at..].iter().take(2).collect();
            let known = SYMBOLS.iter().find(|(spelling, _)| rest.starts_with(spelling));
            let Some((spelling, symbol)) = known else {
                return Err((at, format!("an operator, a name or a value instead of `{first}`")));
            };
            at += spelling.len();
            Token::Symbol(symbol)
        };
        tokens.push((start, token));
    }
    tokens.push((chars.len(), Token::End));
    Ok(tokens)
}

/// What stands between here, after `skip` characters, and the closing one; a doubled closing one stands for itself.
fn until(chars: &[char], at: &mut usize, skip: usize, close: char) -> Result<String, Wrong> {
    let mut found = String::new();
    *at += skip;
    loop {
        match (chars.get(*at), chars.get(*at + 1)) {
            (None, _) => return Err((*at, format!("`{close}`"))),
            (Some(c), Some(next)) if *c == close && *next == close && close != '}' => {
                found.push(close);
                *at += 2;
            }
            (Some(c), _) if *c == close => {
                *at += 1;
                return Ok(found);
            }
            (Some(c), _) => {
                found.push(*c);
                *at += 1;
            }
        }
    }
}

fn number(chars: &[char], at: &mut usize) -> Result<Token, Wrong> {
    let start = *at;
    let digits = |at: &mut usize| {
        while chars.get(*at).is_some_and(char::is_ascii_digit) {
            *at += 1;
        }
    };
    digits(at);
    let mut whole = true;
    if chars.get(*at) == Some(&'.') && chars.get(*at + 1).is_some_and(char::is_ascii_digit) {
        whole = false;
        *at += 1;
        digits(at);
    }
    if matches!(chars.get(*at), Some('e' | 'E')) {
        whole = false;
        *at += 1;
        if matches!(chars.get(*at), Some('+' | '-')) {
            *at += 1;
        }
        digits(at);
    }
    let text: String = chars[start..*at].iter().collect();
    if chars.get(*at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
        return Err((
            *at,
            format!("the end of the number `{text}` (a name that starts with a digit goes in backticks)"),
        ));
    }
    if whole {
        return text.parse().map(Token::Integer).map_err(|_| (start, "an integer of at most 64 bits".to_owned()));
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Token::Double(number)),
        Ok(_) | Err(_) => Err((start, "a number that a double can hold".to_owned())),
    }
}

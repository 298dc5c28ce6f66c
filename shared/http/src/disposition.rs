//! Headers with parameters, as clients really write them: the type of a body, and the name of a part and of its file.

use axum::http::{HeaderMap, HeaderValue, header};

/// The name of a part and of its file, from its `Content-Disposition`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Disposition {
    /// The name of the field.
    pub name: Option<String>,
    /// The client's file name. A `filename*` (RFC 8187) counts before a `filename`.
    pub filename: Option<String>,
}

impl Disposition {
    /// Reads the header of a part.
    pub fn of(part: &HeaderMap) -> Self {
        let value = part.get(header::CONTENT_DISPOSITION);
        let parameters = parameters(value.map(HeaderValue::as_bytes).unwrap_or_default());
        let find = |name: &str| {
            let found = parameters.iter().find(|(found, _)| found == name);
            found.map(|(_, value)| value.as_slice())
        };
        Self {
            name: find("name").map(text),
            filename: find("filename*")
                .and_then(extended)
                .or_else(|| find("filename").map(text)),
        }
    }
}

/// A media type without its parameters, in lower case; empty if there is none.
pub fn essence(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let essence = value.unwrap_or_default().split(|byte| *byte == b';').next();
    text(essence.unwrap_or_default()).trim().to_ascii_lowercase()
}

/// A parameter of the media type, such as `boundary`; of several, the first. `None` if it is missing or empty.
pub fn type_parameter(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.as_bytes();
    let (_, value) = parameters(value).into_iter().find(|(found, _)| found == name)?;
    Some(text(&value)).filter(|value| !value.is_empty())
}

/// The parameters after the first semicolon: names in lower case, values without their quotes.
fn parameters(header: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut parameters = Vec::new();
    let mut rest = after(header, b';');
    while !rest.is_empty() {
        let end = rest
            .iter()
            .position(|byte| b"=;".contains(byte))
            .unwrap_or(rest.len());
        let name = text(rest[..end].trim_ascii()).to_ascii_lowercase();
        if rest.get(end) == Some(&b'=') {
            let (value, left) = value(rest[end + 1..].trim_ascii_start());
            parameters.push((name, value));
            rest = left;
        } else {
            rest = after(&rest[end..], b';');
        }
    }
    parameters
}

/// What follows the first `byte`.
fn after(bytes: &[u8], byte: u8) -> &[u8] {
    let at = bytes.iter().position(|found| *found == byte);
    at.map_or(&[][..], |at| &bytes[at + 1..])
}

/// The value at the start, quoted or not, and what follows the semicolon behind it.
fn value(bytes: &[u8]) -> (Vec<u8>, &[u8]) {
    let Some(quoted) = bytes.strip_prefix(b"\"") else {
        let end = bytes.iter().position(|byte| *byte == b';').unwrap_or(bytes.len());
        return (bytes[..end].trim_ascii().to_vec(), after(&bytes[end..], b';'));
    };
    let mut value = Vec::new();
    let mut at = 0;
    while at < quoted.len() && quoted[at] != b'"' {
        // Only quotes are escaped: a backslash may be one of a path of Windows, also before the closing quote.
        let escapes = quoted[at] == b'\\' && quoted.get(at + 1) == Some(&b'"');
        at += usize::from(escapes && !is_over(&quoted[at + 2..]));
        value.push(quoted[at]);
        at += 1;
    }
    (value, after(quoted.get(at..).unwrap_or_default(), b';'))
}

/// Whether a quoted value is over before `rest`.
fn is_over(rest: &[u8]) -> bool {
    matches!(rest.trim_ascii_start().first(), None | Some(b';'))
}

/// Text in UTF-8, else in Latin-1.
fn text(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(
        |_| bytes.iter().map(|byte| *byte as char).collect(),
        str::to_owned,
    )
}

/// A value of RFC 8187: charset, language, and percent-encoded text.
fn extended(value: &[u8]) -> Option<String> {
    let mut parts = value.splitn(3, |byte| *byte == b'\'');
    let charset = parts.next()?.to_ascii_lowercase();
    let encoded = parts.nth(1)?;
    if !matches!(&charset[..], b"utf-8" | b"iso-8859-1") {
        return None;
    }
    let mut decoded = Vec::new();
    let mut rest = encoded;
    while let [first, left @ ..] = rest {
        let digits = left.first_chunk().filter(|_| *first == b'%');
        let byte = digits
            .and_then(|digits: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        decoded.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &left[2..] } else { left };
    }
    Some(text(&decoded)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &[u8]) -> (Option<String>, Option<String>) {
        let value = HeaderValue::from_bytes(value).unwrap();
        let found = Disposition::of(&HeaderMap::from_iter([(header::CONTENT_DISPOSITION, value)]));
        (found.name, found.filename)
    }

    #[test]
    fn names_are_read_in_every_form_that_clients_write() {
        let latin: &[u8] = b"form-data; name=images; filename=\"Str\xe4hne.jpg\"";
        for (value, name) in [
            (&br#"form-data; name="images"; filename="a.jpg""#[..], "a.jpg"),
            (br#"form-data;name="images";filename="a.jpg""#, "a.jpg"),
            (br#"form-data; filename="a.jpg"; name="images""#, "a.jpg"),
            (br#"Form-Data; Name="images"; Filename="a.jpg""#, "a.jpg"),
            (b"form-data; name=images; filename=a.jpg", "a.jpg"),
            (br#"form-data; name="images"; filename="a;b=c.jpg""#, "a;b=c.jpg"),
            (br#"form-data; name="images"; filename="a\"b.jpg""#, "a\"b.jpg"),
            (
                br#"form-data; name="images"; filename="C:\photos\a.jpg""#,
                "C:\\photos\\a.jpg",
            ),
            (
                br#"form-data; filename="C:\photos\"; name="images""#,
                "C:\\photos\\",
            ),
            (
                "form-data; name=\"images\"; filename=\"Strähne.jpg\"".as_bytes(),
                "Strähne.jpg",
            ),
            (latin, "Strähne.jpg"),
            (
                b"form-data; name=images; filename*=UTF-8''Str%C3%A4hne.jpg",
                "Strähne.jpg",
            ),
            (
                b"form-data; name=images; filename*=utf-8'de'a%20b%.jpg; filename=x.jpg",
                "a b%.jpg",
            ),
            (
                b"form-data; filename=\"x.jpg\"; filename*=iso-8859-1''%e4.jpg; name=images",
                "ä.jpg",
            ),
            (
                "form-data; name=images; filename*=UTF-8''Strähne.jpg".as_bytes(),
                "Strähne.jpg",
            ),
            (
                b"form-data; name=images; filename*=koi8-r''%C1; filename=x.jpg",
                "x.jpg",
            ),
            (br#"form-data; name="images"; filename="""#, ""),
        ] {
            let shown = String::from_utf8_lossy(value);
            assert_eq!(of(value), (Some("images".into()), Some(name.into())), "{shown}");
        }
        assert_eq!(of(b"form-data; name=a"), (Some("a".into()), None));
        assert_eq!(of(b"form-data"), (None, None));
        assert_eq!(
            of(b"form-data; name; filename=\"open"),
            (None, Some("open".into()))
        );
    }

    #[test]
    fn parameters_of_types_are_read_parsed() {
        let of = |value: &str| {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]);
            (essence(&headers), type_parameter(&headers, "boundary"))
        };
        for boundary in ["XX", "a=b", "a/b", "=====WebKit=", "'()+_,-./:=?"] {
            for written in [
                boundary.to_owned(),
                format!("\"{boundary}\""),
                format!("{boundary} ; charset=utf-8"),
            ] {
                let (kind, found) = of(&format!("Multipart/Form-Data; Charset=UTF-8; Boundary={written}"));
                assert_eq!(
                    (kind.as_str(), found.as_deref()),
                    ("multipart/form-data", Some(boundary))
                );
            }
        }
        assert_eq!(of("multipart/form-data; boundary=").1, None);
        assert_eq!(of("multipart/form-data; boundary=\"\"").1, None);
        assert_eq!(
            of("multipart/form-data; boundary=\"X X\"").1.as_deref(),
            Some("X X")
        );
        assert_eq!(of("image/jpeg").0, "image/jpeg");
    }
}

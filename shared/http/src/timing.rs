//! How long the stages of an answer took, in the header `Server-Timing`.

use axum::http::HeaderValue;
use axum::response::{IntoResponseParts, ResponseParts};
use std::convert::Infallible;
use strand_library::StageTimes;

use crate::observe;

/// The header `Server-Timing`, and the same times as metrics.
pub struct ServerTiming(pub StageTimes);

impl IntoResponseParts for ServerTiming {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        let StageTimes {
            read,
            decode,
            find_hair,
            measure,
            rank,
        } = self.0;
        let stages = [
            ("read", read),
            ("decode", decode),
            ("find_hair", find_hair),
            ("measure", measure),
            ("match", rank),
        ];
        let entries: Vec<_> = stages
            .iter()
            .map(|(stage, time)| format!("{stage};dur={:.1}", time.as_secs_f64() * 1e3))
            .collect();
        observe::record_stages(&stages);
        let value = HeaderValue::from_str(&entries.join(", ")).expect("names and numbers");
        parts.headers_mut().insert("server-timing", value);
        Ok(parts)
    }
}

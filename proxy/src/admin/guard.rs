//! Who may look: with a token in shardgate.yaml, only who sends it.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shardgate_topology::Secret;
use subtle::ConstantTimeEq as _;

/// Lets a request through if no token is asked for, if it has the token (`Authorization: Bearer TOKEN`, or Basic with the
/// token as the password, which browsers ask for), or if all that it asks is whether the proxy is up.
pub(super) async fn guard(State(token): State<Option<Secret>>, request: Request, next: Next) -> Response {
    let open = matches!(request.uri().path(), "/healthz" | "/readyz");
    match &token {
        Some(token) if !open && !has_token(request.headers(), token) => {
            let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"shardgate\"")];
            (StatusCode::UNAUTHORIZED, ask, "this needs the token of `admin` in shardgate.yaml\n").into_response()
        }
        _ => next.run(request).await,
    }
}

fn has_token(headers: &HeaderMap, token: &Secret) -> bool {
    let Some((scheme, sent)) = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
    else {
        return false;
    };
    let sent = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => sent.trim().as_bytes().to_vec(),
        "basic" => {
            let Ok(decoded) = STANDARD.decode(sent.trim()) else { return false };
            let Some(colon) = decoded.iter().position(|&byte| byte == b':') else { return false };
            decoded[colon + 1..].to_vec()
        }
        _ => return false,
    };
    sent.ct_eq(token.expose().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_itself_opens() {
        let token = Secret::new("s3cret".to_owned());
        let opens = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            has_token(&headers, &token)
        };
        assert!(opens("Bearer s3cret") && opens("bearer  s3cret"));
        // `x:s3cret` and `:s3cret`
        assert!(opens("Basic eDpzM2NyZXQ=") && opens("Basic OnMzY3JldA=="));
        // `s3cret` without a colon
        for wrong in ["Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crets", "Basic czNjcmV0", "Basic !", "s3cret"] {
            assert!(!opens(wrong), "{wrong}");
        }
        assert!(!has_token(&HeaderMap::new(), &token));
    }
}

//! The `backend` of shardgate.yaml: how the proxy logs in to MySQL.

use crate::config::model::{Backend, BackendTls, TlsMode};
use crate::config::read::Surroundings;
use shardgate_topology::Secret;
use shardgate_vschema::yaml::{At, Fields, KeyAt};
use std::sync::Arc;

pub(crate) fn read_backend(at: &At<'_>, around: &Surroundings<'_>) -> Option<Backend> {
    let mut fields = at.fields()?;
    let user = fields.required("user").map(|at| at.string().map(Arc::<str>::from));
    let password = read_password(&mut fields, around);
    let tls = fields.optional("tls").map_or(Some(BackendTls::default()), |at| read_tls(&at, around));
    fields.finish();
    Some(Backend { user: user.flatten()?, password: password?, tls: tls? })
}

/// Reads the password from the one place that is named; no place means an empty password.
pub(crate) fn read_password(fields: &mut Fields<'_>, around: &Surroundings<'_>) -> Option<Secret> {
    let places: Vec<(KeyAt<'_>, At<'_>, Place)> =
        [("password", Place::Inline), ("password_env", Place::Environment), ("password_file", Place::File)]
            .into_iter()
            .filter_map(|(key, place)| fields.with_key(key).map(|(key, at)| (key, at, place)))
            .collect();
    if let [(first, _, _), (second, _, _), ..] = places.as_slice() {
        second.fault(format!("the password is already given by `{}`: keep one of them", first.text()));
    }
    let Some((key, at, place)) = places.into_iter().next() else { return Some(Secret::default()) };
    let text = at.string()?;
    match place {
        Place::Inline => {
            if let Some(mode) = around.exposed_mode {
                key.fault_with_hint(
                    format!("others can read this file (its mode is {mode:03o}), so a password can't stand in it"),
                    "chmod 600 the file, or use `password_env` or `password_file`",
                );
                return None;
            }
            Some(Secret::new(text.to_owned()))
        }
        Place::Environment => {
            let value = (around.variable)(text);
            if value.is_none() {
                at.fault(format!("the environment variable `{text}` isn't set, or isn't UTF-8"));
            }
            value.map(Secret::new)
        }
        Place::File => {
            let path = around.path(text);
            match std::fs::read_to_string(&path) {
                Ok(content) => Some(Secret::new(content.trim_end_matches(['\n', '\r']).to_owned())),
                Err(error) => {
                    at.fault(format!("{} can't be read: {error}", path.display()));
                    None
                }
            }
        }
    }
}

/// Where a password stands.
#[derive(Clone, Copy)]
enum Place {
    Inline,
    Environment,
    File,
}

fn read_tls(at: &At<'_>, around: &Surroundings<'_>) -> Option<BackendTls> {
    let words = [
        ("disabled", TlsMode::Disabled),
        ("preferred", TlsMode::Preferred),
        ("required", TlsMode::Required),
        ("verify_ca", TlsMode::VerifyCa),
        ("verify_identity", TlsMode::VerifyIdentity),
    ];
    let mut fields = at.fields()?;
    let mode = fields.optional("mode").map_or(Some(TlsMode::default()), |at| at.one_of("mode", &words));
    let ca = fields.optional("ca").map_or(Some(None), |at| around.existing_file(&at).map(Some));
    fields.finish();
    let (mode, ca) = (mode?, ca?);
    if matches!(mode, TlsMode::VerifyCa | TlsMode::VerifyIdentity) && ca.is_none() {
        at.fault_with_hint("this mode needs a `ca`", "name the file with the CA's certificate: `ca: ca.pem`");
        return None;
    }
    Some(BackendTls { mode, ca })
}

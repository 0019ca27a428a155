//! The `backend` of shardgate.yaml: how the proxy logs in to MySQL.

use crate::config::model::{Backend, BackendTls, TlsMode};
use crate::config::read::Surroundings;
use crate::config::secrets::{PASSWORD, read_secret};
use shardgate_vschema::yaml::At;
use std::sync::Arc;

pub(crate) fn read_backend(at: &At<'_>, around: &Surroundings<'_>) -> Option<Backend> {
    let mut fields = at.fields()?;
    let user = fields.required("user").map(|at| at.string().map(Arc::<str>::from));
    let password = read_secret(&mut fields, around, &PASSWORD).map(Option::unwrap_or_default);
    let tls = fields.optional("tls").map_or(Some(BackendTls::default()), |at| read_tls(&at, around));
    fields.finish();
    Some(Backend { user: user.flatten()?, password: password?, tls: tls? })
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

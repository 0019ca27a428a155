//! Functions with a syntax of their own.

use super::Printer;
use crate::sql::ast::{CastType, JsonOnResponse, SpecialCall, TrimSide};

impl Printer<'_> {
    pub(super) fn special(&mut self, call: &SpecialCall) -> &mut Self {
        self.special_open(call).raw(")")
    }

    /// All but the closing parenthesis.
    fn special_open(&mut self, call: &SpecialCall) -> &mut Self {
        match call {
            SpecialCall::Cast { expr, at_time_zone, ty } => {
                self.raw("CAST(").expr(expr);
                if let Some(zone) = at_time_zone {
                    self.raw(" AT TIME ZONE ").expr(zone);
                }
                self.raw(" AS ").cast_type(ty)
            }
            SpecialCall::Convert { expr, ty } => self.raw("CONVERT(").expr(expr).raw(", ").cast_type(ty),
            SpecialCall::ConvertUsing { expr, charset } => {
                self.raw("CONVERT(").expr(expr).raw(" USING ").ident(charset)
            }
            SpecialCall::Char { args, charset } => {
                self.raw("CHAR(").exprs(args);
                if let Some(charset) = charset {
                    self.raw(" USING ").ident(charset);
                }
                self
            }
            SpecialCall::Trim { side, remove, expr } => {
                self.raw(match side {
                    None => "TRIM(",
                    Some(TrimSide::Leading) => "TRIM(LEADING ",
                    Some(TrimSide::Trailing) => "TRIM(TRAILING ",
                    Some(TrimSide::Both) => "TRIM(BOTH ",
                });
                if let Some(remove) = remove {
                    self.expr(remove).raw(" ");
                }
                if side.is_some() || remove.is_some() {
                    self.raw("FROM ");
                }
                self.expr(expr)
            }
            SpecialCall::Extract { unit, expr } => self.raw("EXTRACT(").raw(unit).raw(" FROM ").expr(expr),
            SpecialCall::Position { needle, haystack } => {
                self.raw("POSITION((").expr(needle).raw(") IN ").expr(haystack)
            }
            SpecialCall::GetFormat { ty, expr } => self.raw("GET_FORMAT(").raw(ty).raw(", ").expr(expr),
            SpecialCall::DateAdd { name, date, interval } => {
                self.ident(name).raw("(").expr(date).raw(", ").interval(interval)
            }
            SpecialCall::TimestampUnit { name, unit, args } => {
                self.ident(name).raw("(").raw(unit).raw(", ").expr(&args.0).raw(", ").expr(&args.1)
            }
            SpecialCall::WeightString { expr, cast } => {
                self.raw("WEIGHT_STRING(").expr(expr);
                if let Some((binary, length)) = cast {
                    self.raw(if *binary { " AS BINARY(" } else { " AS CHAR(" }).raw(length.to_string()).raw(")");
                }
                self
            }
            SpecialCall::JsonValue { expr, path, returning, on_empty, on_error } => {
                self.raw("JSON_VALUE((").expr(expr).raw("), ").expr(path);
                if let Some(ty) = returning {
                    self.raw(" RETURNING ").cast_type(ty);
                }
                self.json_response(on_empty.as_ref(), "EMPTY").json_response(on_error.as_ref(), "ERROR")
            }
        }
    }

    fn cast_type(&mut self, ty: &CastType) -> &mut Self {
        self.raw(&*ty.text).raw(if ty.array { " ARRAY" } else { "" })
    }

    pub(super) fn json_response(&mut self, response: Option<&JsonOnResponse>, on: &str) -> &mut Self {
        match response {
            None => return self,
            Some(JsonOnResponse::Error) => self.raw(" ERROR"),
            Some(JsonOnResponse::Null) => self.raw(" NULL"),
            Some(JsonOnResponse::Default(expr)) => self.raw(" DEFAULT ").expr(expr),
        };
        self.raw(" ON ").raw(on)
    }
}

//! COM_STMT_EXECUTE's parameter block.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html>

use super::long_data::LongData;
use super::param::Param;
use super::value_layout::Layout;
use crate::command::CommandCode;
use crate::error::DecodeError;
use crate::flags::{Capabilities, ColumnType};
use crate::reader::Reader;
use crate::writer;

const PACKET: &str = "COM_STMT_EXECUTE";
/// Flag: the number of values is in the packet though the statement has no parameters.
const PARAMETER_COUNT_AVAILABLE: u8 = 8;

/// A parameter's type, one that values on the wire can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamType {
    column_type: ColumnType,
    unsigned: bool,
    layout: Layout,
}

impl ParamType {
    /// The type; none if no value on the wire has it.
    pub fn new(column_type: ColumnType, unsigned: bool) -> Option<Self> {
        Some(ParamType { column_type, unsigned, layout: Layout::of(column_type)? })
    }

    /// The type.
    pub fn column_type(self) -> ColumnType {
        self.column_type
    }

    /// Whether an integer is unsigned.
    pub fn is_unsigned(self) -> bool {
        self.unsigned
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let code = reader.u8("parameter type")?;
        let flags = reader.u8("parameter flags")?;
        ColumnType::from_code(code)
            .and_then(|column_type| ParamType::new(column_type, flags & 0x80 != 0))
            .ok_or_else(|| reader.invalid("parameter type", u64::from(code)))
    }

    fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.column_type as u8, if self.unsigned { 0x80 } else { 0 }]);
    }
}

/// Where the parameters' types are.
#[derive(Debug, Clone, Copy)]
enum Types<'a> {
    /// In an earlier execution.
    Remembered(&'a [ParamType]),
    /// In the packet, with names or without.
    Given { bytes: &'a [u8], named: bool },
}

/// The parameters of one execution. The block was checked when it was taken; values are typed when they are asked for.
#[derive(Debug, Clone, Copy)]
pub struct ExecuteParams<'a> {
    payload: &'a [u8],
    flags: u8,
    /// How many parameters the statement has; the ones behind are query attributes.
    params: usize,
    /// How many values there are.
    count: usize,
    nulls: &'a [u8],
    types: Types<'a>,
    values: &'a [u8],
    long_data: &'a LongData,
    capabilities: Capabilities,
}

impl<'a> ExecuteParams<'a> {
    /// Takes the command's whole payload, on a connection of these capabilities, for a statement with `params`
    /// parameters. `remembered` are the types of the statement's last execution that had some (see
    /// [`ExecuteParams::new_types`]), `long_data` what COM_STMT_SEND_LONG_DATA brought.
    ///
    /// # Errors
    /// If the block is malformed, or types are needed and were never given.
    pub fn decode(
        payload: &'a [u8],
        capabilities: Capabilities,
        params: u16,
        remembered: &'a [ParamType],
        long_data: &'a LongData,
    ) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(PACKET, payload);
        reader.bytes("statement id", 5)?;
        let flags = reader.u8("flags")?;
        reader.u32("iteration count")?;
        let params = usize::from(params);
        let mut this = ExecuteParams {
            payload,
            flags,
            params,
            count: params,
            nulls: &[],
            types: Types::Remembered(&[]),
            values: &[],
            long_data,
            capabilities,
        };
        if this.has_names() {
            let count = reader.lenenc("parameter count")?;
            this.count = usize::try_from(count)
                .ok()
                .filter(|count| (params..=usize::from(u16::MAX)).contains(count))
                .ok_or_else(|| reader.invalid("parameter count", count))?;
        }
        if this.count == 0 {
            return Ok(this);
        }
        this.nulls = reader.bytes("NULL bitmap", this.count.div_ceil(8))?;
        this.types = match reader.u8("new types flag")? {
            0 if remembered.len() < this.count => return Err(reader.invalid("new types flag", 0)),
            0 => Types::Remembered(remembered),
            _ => {
                let start = reader.rest();
                for _ in 0..this.count {
                    ParamType::decode(&mut reader)?;
                    if this.has_names() {
                        reader.lenenc_bytes("parameter name")?;
                    }
                }
                let bytes = start.get(..start.len() - reader.rest().len()).unwrap_or_default();
                Types::Given { bytes, named: this.has_names() }
            }
        };
        this.values = reader.rest();
        for value in this.raw() {
            value?;
        }
        Ok(this)
    }

    /// Whether the block has the form with a count and names. MySQL takes no other one with QUERY_ATTRIBUTES.
    fn has_names(&self) -> bool {
        self.capabilities.contains(Capabilities::QUERY_ATTRIBUTES)
            && (self.params > 0 || self.flags & PARAMETER_COUNT_AVAILABLE != 0)
    }

    /// The statement's number of parameters.
    pub fn len(&self) -> usize {
        self.params
    }

    /// Whether the statement has no parameters.
    pub fn is_empty(&self) -> bool {
        self.params == 0
    }

    /// Whether the client wants a cursor, whose rows it fetches.
    pub fn wants_cursor(&self) -> bool {
        self.flags & 0x07 != 0
    }

    /// The types that this packet gave, to be remembered for the next execution; none: it gave none.
    pub fn new_types(&self) -> Option<impl Iterator<Item = ParamType> + use<'a>> {
        match self.types {
            Types::Given { .. } => Some(self.types().map(|(param_type, _)| param_type)),
            Types::Remembered(_) => None,
        }
    }

    /// Types and names; names are empty if none were given.
    fn types(&self) -> impl Iterator<Item = (ParamType, &'a [u8])> + use<'a> {
        let types = self.types;
        let (mut given, named) = match types {
            Types::Given { bytes, named } => (Reader::new(PACKET, bytes), named),
            Types::Remembered(_) => (Reader::new(PACKET, &[]), false),
        };
        (0..self.count).map_while(move |at| match types {
            Types::Remembered(types) => Some((*types.get(at)?, &[][..])),
            Types::Given { .. } => {
                let param_type = ParamType::decode(&mut given).ok()?;
                let name = if named { given.lenenc_bytes("parameter name").ok()? } else { &[] };
                Some((param_type, name))
            }
        })
    }

    fn is_null(&self, at: usize) -> bool {
        self.nulls.get(at / 8).is_some_and(|byte| byte & (1 << (at % 8)) != 0)
    }

    /// Each value's type and bytes, NULL as none.
    fn raw(&self) -> impl Iterator<Item = Result<(ParamType, Option<&'a [u8]>), DecodeError>> + use<'a> {
        let this = *self;
        let mut reader = Reader::new(PACKET, self.values);
        this.types().enumerate().map(move |(at, (param_type, _))| {
            if this.is_null(at) || param_type.column_type == ColumnType::Null {
                return Ok((param_type, None));
            }
            let bytes = match this.long_data.get(at) {
                Some(value) => value,
                None => param_type.layout.take(&mut reader)?,
            };
            Ok((param_type, Some(bytes)))
        })
    }

    /// The value of a parameter, counted from 0. The ones before it are passed over, not typed.
    ///
    /// # Errors
    /// If the value is malformed, or there is no such parameter.
    pub fn get(&self, at: usize) -> Result<Param<'a>, DecodeError> {
        let missing = DecodeError::Invalid { packet: PACKET, field: "parameter number", value: at as u64 };
        let (param_type, bytes) = self.raw().take(self.params).nth(at).ok_or(missing)??;
        self.typed(at, param_type, bytes)
    }

    /// All parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = Result<Param<'a>, DecodeError>> + use<'a> {
        let this = *self;
        this.raw().take(this.params).enumerate().map(move |(at, raw)| {
            let (param_type, bytes) = raw?;
            this.typed(at, param_type, bytes)
        })
    }

    fn typed(&self, at: usize, param_type: ParamType, bytes: Option<&'a [u8]>) -> Result<Param<'a>, DecodeError> {
        match bytes {
            None => Ok(Param::Null),
            // Long data is a string whatever its type.
            Some(bytes) if self.long_data.get(at).is_some() && param_type.layout != Layout::Lenenc => {
                Ok(Param::Text(bytes))
            }
            Some(bytes) => Param::new(param_type.column_type, param_type.unsigned, bytes),
        }
    }

    /// Appends the command's payload for another connection, where the statement has the id `statement_id`, whose
    /// capabilities are `capabilities`, and where neither types nor long data are known: both are put in. Query
    /// attributes are kept if the connection takes them.
    pub fn encode(&self, out: &mut Vec<u8>, statement_id: u32, capabilities: Capabilities) {
        let named = capabilities.contains(Capabilities::QUERY_ATTRIBUTES);
        let same_form = named == self.capabilities.contains(Capabilities::QUERY_ATTRIBUTES);
        let complete = self.count == 0 || matches!(self.types, Types::Given { .. });
        let start = out.len();
        if same_form && complete && self.long_data.is_empty() {
            out.extend_from_slice(self.payload);
        } else {
            self.rebuild(out, named);
        }
        if let Some(payload) = out.get_mut(start..) {
            set_statement_id(payload, statement_id);
        }
    }

    /// Appends the payload with all types and long data, in the form with names or without.
    fn rebuild(&self, out: &mut Vec<u8>, named: bool) {
        let count = if named { self.count } else { self.params };
        let flags = if named && count > 0 { self.flags } else { self.flags & !PARAMETER_COUNT_AVAILABLE };
        out.extend_from_slice(&[CommandCode::StmtExecute as u8, 0, 0, 0, 0, flags, 1, 0, 0, 0]);
        if count == 0 {
            return;
        }
        if named {
            writer::lenenc(out, count as u64);
        }
        let nulls = out.len();
        out.resize(nulls + count.div_ceil(8), 0);
        out.push(1);
        for (at, (param_type, name)) in self.types().take(count).enumerate() {
            let is_long = self.long_data.get(at).is_some() && param_type.layout != Layout::Lenenc;
            let column_type = if is_long { ColumnType::VarString } else { param_type.column_type };
            ParamType { column_type, ..param_type }.encode(out);
            if named {
                writer::lenenc_bytes(out, name);
            }
        }
        for (at, raw) in self.raw().take(count).enumerate() {
            let Ok((param_type, Some(bytes))) = raw else {
                if let Some(byte) = out.get_mut(nulls + at / 8) {
                    *byte |= 1 << (at % 8);
                }
                continue;
            };
            match param_type.layout {
                _ if self.long_data.get(at).is_some() => writer::lenenc_bytes(out, bytes),
                Layout::Empty | Layout::Fixed(_) => out.extend_from_slice(bytes),
                Layout::Temporal => {
                    out.push(bytes.len() as u8);
                    out.extend_from_slice(bytes);
                }
                Layout::Lenenc => writer::lenenc_bytes(out, bytes),
            }
        }
    }
}

/// Replaces the statement's id in the payload of COM_STMT_EXECUTE, and of every other command that has one.
pub fn set_statement_id(payload: &mut [u8], statement_id: u32) {
    if let Some(id) = payload.get_mut(1..5) {
        id.copy_from_slice(&statement_id.to_le_bytes());
    }
}

/// Passes over the attributes of a COM_QUERY, behind their two counts.
pub(crate) fn skip_attributes(reader: &mut Reader<'_>, count: u64) -> Result<(), DecodeError> {
    let count = usize::try_from(count).ok().filter(|count| *count <= usize::from(u16::MAX));
    let count = count.ok_or_else(|| reader.invalid("attribute count", u64::from(u16::MAX)))?;
    let nulls = reader.bytes("NULL bitmap", count.div_ceil(8))?;
    let flag = reader.u8("new types flag")?;
    if flag != 1 {
        return Err(reader.invalid("new types flag", u64::from(flag)));
    }
    let mut types = Vec::new();
    for _ in 0..count {
        types.push(ParamType::decode(reader)?);
        reader.lenenc_bytes("attribute name")?;
    }
    for (at, param_type) in types.iter().enumerate() {
        if nulls.get(at / 8).is_none_or(|byte| byte & (1 << (at % 8)) == 0) {
            param_type.layout.take(reader)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The protocol page's example: one parameter of type VARCHAR, "foo".
    const EXAMPLE: &[u8] = b"\x17\x01\x00\x00\x00\x00\x01\x00\x00\x00\x00\x01\x0f\x00\x03foo";
    const NAMED: Capabilities = Capabilities::QUERY_ATTRIBUTES;

    fn decode<'a>(
        payload: &'a [u8],
        capabilities: Capabilities,
        params: u16,
        remembered: &'a [ParamType],
        long_data: &'a LongData,
    ) -> Result<ExecuteParams<'a>, DecodeError> {
        ExecuteParams::decode(payload, capabilities, params, remembered, long_data)
    }

    #[test]
    fn the_example_is_read_and_its_types_remembered() {
        let long = LongData::default();
        let params = decode(EXAMPLE, Capabilities::EMPTY, 1, &[], &long).unwrap();
        assert_eq!(params.get(0), Ok(Param::Text(b"foo")));
        assert!(params.get(1).is_err());
        let types: Vec<_> = params.new_types().unwrap().collect();
        assert_eq!(types, [ParamType::new(ColumnType::VarChar, false).unwrap()]);
        let again = b"\x17\x01\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x03bar";
        let params = decode(again, Capabilities::EMPTY, 1, &types, &long).unwrap();
        assert_eq!(params.get(0), Ok(Param::Text(b"bar")));
        assert!(params.new_types().is_none());
        assert!(decode(again, Capabilities::EMPTY, 1, &[], &long).is_err());
        let mut out = Vec::new();
        params.encode(&mut out, 7, Capabilities::EMPTY);
        assert_eq!(out, b"\x17\x07\x00\x00\x00\x00\x01\x00\x00\x00\x00\x01\x0f\x00\x03bar");
    }

    #[test]
    fn values_of_all_forms_are_found() {
        let mut payload = b"\x17\x01\x00\x00\x00\x00\x01\x00\x00\x00\x04\x01".to_vec();
        payload.extend_from_slice(b"\x01\x00\x08\x80\x03\x00\x05\x00\x0a\x00\x0b\x00\xfc\x00");
        payload.extend_from_slice(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff");
        payload.extend_from_slice(&1.5f64.to_le_bytes());
        payload.extend_from_slice(b"\x04\xda\x07\x0a\x11\x00\x02\x00\xff");
        let long = LongData::default();
        let params = decode(&payload, Capabilities::EMPTY, 7, &[], &long).unwrap();
        let values: Vec<_> = params.iter().map(Result::unwrap).collect();
        assert_eq!(values[..4], [Param::Int(-1), Param::UInt(u64::MAX), Param::Null, Param::Double(1.5)]);
        assert_eq!(values[6], Param::Binary(b"\x00\xff"));
        for (at, value) in values.iter().enumerate() {
            assert_eq!(params.get(at).as_ref(), Ok(value));
        }
        for end in 0..payload.len() {
            assert!(decode(&payload[..end], Capabilities::EMPTY, 7, &[], &long).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn long_data_has_no_place_in_the_block_and_is_put_in_for_another_connection() {
        let mut long = LongData::default();
        long.append(0, b"long");
        let payload = b"\x17\x01\x00\x00\x00\x00\x01\x00\x00\x00\x00\x01\xfc\x00\x01\x00\x05";
        let params = decode(payload, Capabilities::EMPTY, 2, &[], &long).unwrap();
        assert_eq!(params.get(0), Ok(Param::Binary(b"long")));
        assert_eq!(params.get(1), Ok(Param::Int(5)));
        let mut out = Vec::new();
        params.encode(&mut out, 2, Capabilities::EMPTY);
        assert_eq!(out, b"\x17\x02\x00\x00\x00\x00\x01\x00\x00\x00\x00\x01\xfc\x00\x01\x00\x04long\x05");
    }

    #[test]
    fn the_form_with_names_goes_by_the_capability_not_the_flag() {
        let long = LongData::default();
        for flags in [0, PARAMETER_COUNT_AVAILABLE] {
            // One parameter "admin" and one attribute n = 5.
            let mut payload =
                b"\x17\x04\x00\x00\x00\x08\x01\x00\x00\x00\x02\x00\x01\xfd\x00\x00\x01\x00\x01n\x05admin\x05".to_vec();
            payload[5] = flags;
            let params = decode(&payload, NAMED, 1, &[], &long).unwrap();
            assert_eq!(params.len(), 1);
            assert_eq!(params.get(0), Ok(Param::Text(b"admin")));
            assert!(params.get(1).is_err());
            let mut out = Vec::new();
            params.encode(&mut out, 9, NAMED);
            assert_eq!((&out[1..5], &out[5..]), (b"\x09\x00\x00\x00".as_slice(), &payload[5..]));
            out.clear();
            params.rebuild(&mut out, true);
            assert_eq!(out[5..], payload[5..]);
            out.clear();
            params.encode(&mut out, 9, Capabilities::EMPTY);
            assert_eq!(out, b"\x17\x09\x00\x00\x00\x00\x01\x00\x00\x00\x00\x01\xfd\x00\x05admin");
            // Fewer values than parameters can't be.
            assert!(decode(&payload, NAMED, 3, &[], &long).is_err());
        }
        let params = decode(EXAMPLE, Capabilities::EMPTY, 1, &[], &long).unwrap();
        let mut out = Vec::new();
        params.encode(&mut out, 1, NAMED);
        assert_eq!(out, b"\x17\x01\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x01\x0f\x00\x00\x03foo");
        assert_eq!(decode(&out, NAMED, 1, &[], &long).unwrap().get(0), Ok(Param::Text(b"foo")));
    }

    #[test]
    fn a_count_is_not_promised_where_none_is_written() {
        let long = LongData::default();
        let payload = b"\x17\x01\x00\x00\x00\x08\x01\x00\x00\x00";
        let mut out = Vec::new();
        decode(payload, Capabilities::EMPTY, 0, &[], &long).unwrap().encode(&mut out, 1, NAMED);
        assert_eq!(out, b"\x17\x01\x00\x00\x00\x00\x01\x00\x00\x00");
    }

    #[test]
    fn a_statement_without_parameters_has_no_block() {
        let long = LongData::default();
        let payload = b"\x17\x01\x00\x00\x00\x01\x01\x00\x00\x00";
        let params = decode(payload, Capabilities::EMPTY, 0, &[], &long).unwrap();
        assert!(params.is_empty() && params.wants_cursor());
    }
}

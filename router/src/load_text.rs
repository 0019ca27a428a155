//! The text of LOAD DATA: where its rows end, and what their fields are.
//!
//! Rows are cut where MySQL cuts them, by the rules of "LOAD DATA Statement" in its manual: a terminator inside an
//! enclosed field or behind the escape character ends nothing, and what stands behind the last wanted field of a row is
//! passed over up to the next end of a line, enclosed or not. Nothing is changed: each shard gets the bytes of its rows.

/// How fields and lines are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadFormat {
    /// FIELDS TERMINATED BY; not empty.
    pub field_end: Vec<u8>,
    /// FIELDS ENCLOSED BY, optionally or not: reading makes no difference.
    pub enclosed: Option<u8>,
    /// FIELDS ESCAPED BY.
    pub escape: Option<u8>,
    /// LINES TERMINATED BY; empty: a line ends with its last field.
    pub line_end: Vec<u8>,
    /// LINES STARTING BY: what stands before it, whole lines too, is passed over.
    pub line_start: Vec<u8>,
}

/// A field's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadField {
    /// `\N`, or `NULL` where fields are enclosed.
    Null,
    /// Its bytes, without enclosing and escapes.
    Text(Vec<u8>),
}

/// What a row is cut into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadRow {
    /// Bytes that it takes, its end of line included.
    pub len: usize,
    /// Where its first field begins.
    pub start: usize,
    /// Its fields, as many as there are, but not more than were wanted.
    pub fields: Vec<LoadField>,
}

/// What stands at the start of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadStep {
    /// A row.
    Row(LoadRow),
    /// The beginning of a row whose end isn't there yet.
    Incomplete,
    /// Nothing more: the text has ended.
    End,
}

/// A place in a text that may go on behind what is there.
struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    ended: bool,
}

/// More text is needed.
struct More;

/// How a field ended.
enum FieldEnd {
    Field,
    Line,
    Text,
}

impl Reader<'_> {
    /// The next byte; `None` at the end of the text.
    fn next(&mut self) -> Result<Option<u8>, More> {
        match self.text.get(self.at) {
            Some(byte) => {
                self.at += 1;
                Ok(Some(*byte))
            }
            None if self.ended => Ok(None),
            None => Err(More),
        }
    }

    /// Go over the rest of a terminator whose first byte was read; over all of it or nothing.
    fn eat_rest(&mut self, terminator: &[u8]) -> Result<bool, More> {
        let Some((_, rest)) = terminator.split_first() else { return Ok(false) };
        let there = self.text.get(self.at..).unwrap_or_default();
        if there.starts_with(rest) {
            self.at += rest.len();
            return Ok(true);
        }
        if !self.ended && rest.starts_with(there) {
            return Err(More);
        }
        Ok(false)
    }
}

impl LoadFormat {
    /// Whether a line's end is looked for: not if it is what ends fields too.
    fn line_end(&self) -> &[u8] {
        if self.line_end == self.field_end { &[] } else { &self.line_end }
    }

    /// Cut the first row off a text, with up to `wanted` fields (at least one). `ended`: nothing follows the text.
    pub fn row(&self, text: &[u8], wanted: usize, ended: bool) -> LoadStep {
        if text.is_empty() {
            return if ended { LoadStep::End } else { LoadStep::Incomplete };
        }
        let Some(start) = memchr::memmem::find(text, &self.line_start).map(|at| at + self.line_start.len()) else {
            return if ended { LoadStep::End } else { LoadStep::Incomplete };
        };
        let mut reader = Reader { text, at: start, ended };
        self.read(&mut reader, wanted).map_or(LoadStep::Incomplete, LoadStep::Row)
    }

    /// The length of the first line of a text, which IGNORE passes over: its end is looked for without regard to
    /// enclosed fields. `None`: its end isn't there yet.
    pub fn line(&self, text: &[u8], ended: bool) -> Option<usize> {
        let mut reader = Reader { text, at: 0, ended };
        self.rest_of_line(&mut reader).ok().map(|()| reader.at)
    }

    fn read(&self, reader: &mut Reader<'_>, wanted: usize) -> Result<LoadRow, More> {
        let mut fields = Vec::with_capacity(wanted);
        let start = reader.at;
        while fields.len() < wanted {
            if fields.is_empty() || reader.at < reader.text.len() || !reader.ended {
                let (field, end) = self.field(reader)?;
                fields.push(field);
                match end {
                    FieldEnd::Field => continue,
                    FieldEnd::Line | FieldEnd::Text => return Ok(LoadRow { len: reader.at, start, fields }),
                }
            }
            // The text ended behind a field's end: no further field is there.
            return Ok(LoadRow { len: reader.at, start, fields });
        }
        self.rest_of_line(reader)?;
        Ok(LoadRow { len: reader.at, start, fields })
    }

    fn rest_of_line(&self, reader: &mut Reader<'_>) -> Result<(), More> {
        let line_end = self.line_end();
        if line_end.is_empty() {
            return Ok(());
        }
        while let Some(byte) = reader.next()? {
            if self.escape == Some(byte) {
                reader.next()?;
            } else if line_end.first() == Some(&byte) && reader.eat_rest(line_end)? {
                break;
            }
        }
        Ok(())
    }

    fn field(&self, reader: &mut Reader<'_>) -> Result<(LoadField, FieldEnd), More> {
        let line_end = self.line_end();
        let ends_line = |reader: &mut Reader<'_>, byte: u8| -> Result<bool, More> {
            Ok(line_end.first() == Some(&byte) && reader.eat_rest(line_end)?)
        };
        let ends_field = |reader: &mut Reader<'_>, byte: u8| -> Result<bool, More> {
            Ok(self.field_end.first() == Some(&byte) && reader.eat_rest(&self.field_end)?)
        };
        let mut value = Value::default();
        let start = reader.at;
        let enclosed = match (self.enclosed, reader.next()?) {
            (Some(quote), Some(first)) if first == quote => Some(quote),
            _ => {
                reader.at = start;
                None
            }
        };
        loop {
            let Some(byte) = reader.next()? else {
                // An enclosing that is never closed belongs to the value.
                if let Some(quote) = enclosed {
                    value.bytes.insert(0, quote);
                }
                return Ok((value.finish(self, false), FieldEnd::Text));
            };
            if self.escape == Some(byte) {
                let back = reader.at;
                let Some(escaped) = reader.next()? else {
                    value.bytes.push(byte);
                    continue;
                };
                if self.enclosed != self.escape || escaped == byte {
                    value.escaped(escaped);
                    continue;
                }
                // The escape character is the enclosing one, and it isn't doubled.
                reader.at = back;
            }
            match enclosed {
                None if ends_line(reader, byte)? => return Ok((value.finish(self, false), FieldEnd::Line)),
                None if ends_field(reader, byte)? => return Ok((value.finish(self, false), FieldEnd::Field)),
                Some(quote) if byte == quote => {
                    let back = reader.at;
                    match reader.next()? {
                        Some(second) if second == quote => {
                            value.bytes.push(quote);
                            continue;
                        }
                        None => return Ok((value.finish(self, true), FieldEnd::Text)),
                        Some(behind) if ends_line(reader, behind)? => {
                            return Ok((value.finish(self, true), FieldEnd::Line));
                        }
                        Some(behind) if ends_field(reader, behind)? => {
                            return Ok((value.finish(self, true), FieldEnd::Field));
                        }
                        Some(_) => reader.at = back,
                    }
                }
                _ => {}
            }
            value.bytes.push(byte);
        }
    }
}

/// A field that is being read.
#[derive(Default)]
struct Value {
    bytes: Vec<u8>,
    /// The escaped `N` was met.
    null: bool,
}

impl Value {
    fn escaped(&mut self, byte: u8) {
        self.bytes.push(match byte {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'0' => 0,
            b'b' => 8,
            b'Z' => 26,
            b'N' => {
                self.null = true;
                b'N'
            }
            other => other,
        });
    }

    fn finish(self, format: &LoadFormat, enclosed: bool) -> LoadField {
        let word = !enclosed && format.enclosed.is_some() && self.bytes == b"NULL";
        if word || (self.null && self.bytes.len() == 1) { LoadField::Null } else { LoadField::Text(self.bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn default_format() -> LoadFormat {
        LoadFormat {
            field_end: b"\t".to_vec(),
            enclosed: None,
            escape: Some(b'\\'),
            line_end: b"\n".to_vec(),
            line_start: Vec::new(),
        }
    }

    fn csv() -> LoadFormat {
        LoadFormat { field_end: b",".to_vec(), enclosed: Some(b'"'), line_end: b"\r\n".to_vec(), ..default_format() }
    }

    fn text(text: &str) -> LoadField {
        LoadField::Text(text.as_bytes().to_vec())
    }

    #[test]
    fn what_stands_before_a_lines_start_is_passed_over() {
        let format = LoadFormat { line_start: b"xx".to_vec(), ..default_format() };
        let found = rows(&format, "junk\nno xx1\ta\nnothing\nxx2\tb\nlast", 2);
        let fields: Vec<_> = found.into_iter().map(|(_, fields)| fields).collect();
        assert_eq!(fields, [vec![text("1"), text("a")], vec![text("2"), text("b")]]);
        assert_eq!(format.row(b"junk\nx", 2, false), LoadStep::Incomplete);
        let LoadStep::Row(row) = format.row(b"ab xx1\t2\n", 2, false) else { panic!("a row is there") };
        assert_eq!((row.start, row.len), (5, 9));
    }

    /// All rows of a text, as `fields`, with the bytes of each.
    fn rows(format: &LoadFormat, whole: &str, wanted: usize) -> Vec<(String, Vec<LoadField>)> {
        let mut rows = Vec::new();
        let mut rest = whole.as_bytes();
        loop {
            match format.row(rest, wanted, true) {
                LoadStep::Row(row) => {
                    let (bytes, behind) = rest.split_at(row.len);
                    rows.push((String::from_utf8_lossy(bytes).into_owned(), row.fields));
                    rest = behind;
                }
                LoadStep::End => return rows,
                LoadStep::Incomplete => panic!("the text has ended"),
            }
        }
    }

    #[test]
    fn rows_of_the_default_format() {
        assert_eq!(
            rows(&default_format(), "1\ta\\tb\t\\N\n2\t\\\nx\tN\n3", 3),
            [
                ("1\ta\\tb\t\\N\n".to_owned(), vec![text("1"), text("a\tb"), LoadField::Null]),
                ("2\t\\\nx\tN\n".to_owned(), vec![text("2"), text("\nx"), text("N")]),
                ("3".to_owned(), vec![text("3")]),
            ]
        );
    }

    #[test]
    fn enclosed_fields_hold_terminators_and_doubled_quotes() {
        assert_eq!(
            rows(&csv(), "1,\"a,\r\nb\"\"c\"\r\n2,NULL\r\n3,\"NULL\"\r\n4,\"x\"y\"\r\n", 2),
            [
                ("1,\"a,\r\nb\"\"c\"\r\n".to_owned(), vec![text("1"), text("a,\r\nb\"c")]),
                ("2,NULL\r\n".to_owned(), vec![text("2"), LoadField::Null]),
                ("3,\"NULL\"\r\n".to_owned(), vec![text("3"), text("NULL")]),
                ("4,\"x\"y\"\r\n".to_owned(), vec![text("4"), text("x\"y")]),
            ]
        );
    }

    #[test]
    fn fields_behind_the_wanted_ones_are_passed_over_up_to_any_end_of_line() {
        // The enclosing of a field that nobody wants doesn't hold its line together, in MySQL neither.
        let got = rows(&csv(), "1,\"a\r\nb\"\r\n2\r\n", 1);
        let lines: Vec<&str> = got.iter().map(|(bytes, _)| bytes.as_str()).collect();
        assert_eq!(lines, ["1,\"a\r\n", "b\"\r\n", "2\r\n"]);
    }

    #[test]
    fn a_row_in_pieces_is_incomplete_until_its_end_is_there() {
        let whole = b"1,\"a\"\r\n2";
        for cut in 0..7 {
            assert_eq!(csv().row(&whole[..cut], 2, false), LoadStep::Incomplete, "{cut}");
        }
        assert!(matches!(csv().row(&whole[..7], 2, false), LoadStep::Row(row) if row.len == 7));
    }

    #[test]
    fn an_escape_that_is_the_quote_only_doubles() {
        let format = LoadFormat { escape: Some(b'"'), ..csv() };
        let got = rows(&format, "\"fie\"\"ld1\",\"a\\n\"\r\n", 2);
        assert_eq!(got[0].1, [text("fie\"ld1"), text("a\\n")]);
    }

    #[test]
    fn ignored_lines_end_at_the_first_end_of_line() {
        assert_eq!(csv().line(b"\"a\r\nb\"\r\n", false), Some(4));
        assert_eq!(csv().line(b"a,b\r", false), None);
        assert_eq!(csv().line(b"a,b\r", true), Some(4));
    }
}

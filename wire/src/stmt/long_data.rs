//! Long parameters, gathered from COM_STMT_SEND_LONG_DATA.

/// What was sent for a statement's long parameters since its last execution or reset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LongData {
    values: Vec<(u16, Vec<u8>)>,
}

impl LongData {
    /// Appends a part of a parameter's value. An empty part makes the parameter one of long data too.
    pub fn append(&mut self, param: u16, part: &[u8]) {
        match self.values.iter_mut().find(|(known, _)| *known == param) {
            Some((_, value)) => value.extend_from_slice(part),
            None => self.values.push((param, part.to_vec())),
        }
    }

    /// The value of a parameter, if it came as long data.
    pub fn get(&self, param: usize) -> Option<&[u8]> {
        self.values.iter().find(|(known, _)| usize::from(*known) == param).map(|(_, value)| value.as_slice())
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many bytes are held, to be bounded by `max_allowed_packet`.
    pub fn len(&self) -> usize {
        self.values.iter().map(|(_, value)| value.len()).sum()
    }

    /// Forgets everything: after an execution, and for COM_STMT_RESET.
    pub fn clear(&mut self) {
        self.values.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_per_parameter() {
        let mut long = LongData::default();
        long.append(1, b"ab");
        long.append(0, b"");
        long.append(1, b"cd");
        assert_eq!(long.get(1), Some(b"abcd".as_slice()));
        assert_eq!(long.get(0), Some(b"".as_slice()));
        assert_eq!(long.get(2), None);
        assert_eq!(long.len(), 4);
        long.clear();
        assert!(long.is_empty());
    }
}

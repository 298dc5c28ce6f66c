/// A count with its noun, as in "1 photo" and "2 photos". Only for nouns whose plural ends in -s.
pub fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    match count.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_singular() {
        let all = [0_usize, 1, 2].map(|count| counted(count, "photo"));
        assert_eq!(all, ["0 photos", "1 photo", "2 photos"]);
    }
}

//! Feature spaces. Vectors are comparable only within one space, and a model is useful only in the space that it was
//! trained in.

/// What the numbers of a feature space were computed with.
///
/// The id is `<descriptor>[.r<revision>]+<parser>[+<backbone>]`. It omits the first revision of a descriptor, so that
/// libraries from before there were revisions keep their ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FeatureSpace {
    descriptor: String,
    revision: u32,
    networks: String,
}

impl FeatureSpace {
    /// The space of a descriptor, measured with the revision `revision` (from 1) of decoding, masking and clustering,
    /// and with the networks of these ids.
    pub fn new(descriptor: &str, revision: u32, parser_id: &str, backbone_id: Option<&str>) -> Self {
        Self {
            descriptor: descriptor.to_owned(),
            revision,
            networks: match backbone_id {
                Some(backbone) => format!("{parser_id}+{backbone}"),
                None => parser_id.to_owned(),
            },
        }
    }

    /// Parses an id; `None` if the text is not a valid id.
    pub fn parse(id: &str) -> Option<Self> {
        let (head, networks) = id.split_once('+')?;
        let (descriptor, revision) = match head.split_once(".r") {
            Some((descriptor, revision)) => (descriptor, revision.parse().ok()?),
            None => (head, 1),
        };
        Some(Self {
            descriptor: descriptor.to_owned(),
            revision,
            networks: networks.to_owned(),
        })
    }

    /// The id in the format above.
    pub fn id(&self) -> String {
        match self.revision {
            1 => format!("{}+{}", self.descriptor, self.networks),
            revision => format!("{}.r{revision}+{}", self.descriptor, self.networks),
        }
    }

    /// Whether this is the space `newer` as measured by an earlier revision. Photos of such a space can be measured
    /// again without asking the user, because every choice is the same.
    pub fn is_older_revision_of(&self, newer: &Self) -> bool {
        (&self.descriptor, &self.networks) == (&newer.descriptor, &newer.networks)
            && self.revision < newer.revision
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_first_revision_are_those_from_before() {
        let space = FeatureSpace::new("shade6", 1, "hair-parser-ea442195", None);
        assert_eq!(space.id(), "shade6+hair-parser-ea442195");
        assert_eq!(FeatureSpace::parse(&space.id()), Some(space));
    }

    #[test]
    fn later_revisions_know_the_earlier_ones() {
        let old = FeatureSpace::new("shade6", 1, "parser-1", Some("backbone-2"));
        let new = FeatureSpace::new("shade6", 2, "parser-1", Some("backbone-2"));
        assert_eq!(new.id(), "shade6.r2+parser-1+backbone-2");
        assert_eq!(FeatureSpace::parse(&new.id()), Some(new.clone()));
        assert!(old.is_older_revision_of(&new) && !new.is_older_revision_of(&old));
        let other = FeatureSpace::new("shade6", 1, "parser-3", None);
        assert!(!other.is_older_revision_of(&new));
    }

    #[test]
    fn texts_that_are_not_ids_are_rejected() {
        for wrong in ["", "shade6", "shade6.rx+parser"] {
            assert_eq!(FeatureSpace::parse(wrong), None, "{wrong}");
        }
    }
}

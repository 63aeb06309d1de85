//! Tags: names for sets of revisions, one of each unit.

use crate::ChangeSetId;

entity_of_space! {
    /// A name for a set of revisions, one of each unit.
    Tag in "tags", tag: tag_id TagId "TagID", TagPatch, TagCreateOrUpdateResponse;
    writable {}
    read_only {
        /// Change set this tag delimits, if any.
        "ChangeSetID" change_set_id: Option<ChangeSetId> [filter];
    }
    hidden {}
    includes { "ChangeSetID" => "ChangeSet", }
    required {}
}

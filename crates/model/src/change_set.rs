//! Change sets: changes of many units that belong together.

use crate::TagId;

entity_of_space! {
    /// Changes of many units that belong together.
    ChangeSet in "change_sets", change_set: change_set_id ChangeSetId "ChangeSetID", ChangeSetPatch, ChangeSetCreateOrUpdateResponse;
    writable {
        /// What the change is about.
        "Description" description: String [filter search];
    }
    read_only {
        /// Tag on the revisions that begin the change set; made by the server.
        "StartTagID" start_tag_id: Option<TagId> [filter];
        /// Tag on the revisions that end the change set; made by the server.
        "EndTagID" end_tag_id: Option<TagId> [filter];
        /// State of the change set, set by the server.
        "State" state: String [filter search];
    }
    hidden {}
    includes { "StartTagID" => "StartTag", "EndTagID" => "EndTag", }
    required {}
}

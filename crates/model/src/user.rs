//! Users.

use crate::UserId;

entity! {
    /// A person or bot that can act.
    User in "users", id user_id;
    writable {
        /// URL-safe name.
        "Slug" slug: String [filter search always];
        /// Human-readable name.
        "DisplayName" display_name: String [filter search];
        /// Globally unique user name.
        "Username" username: String [filter search];
        /// Identifier at the identity provider.
        "ExternalID" external_id: String [filter search];
        /// Avatar URL.
        "ProfilePictureURL" profile_picture_url: String [];
        /// Change counter for optimistic concurrency; a PUT must carry the value that was read.
        "Version" version: i64 [];
    }
    read_only {
        /// Identifier of the user.
        "UserID" user_id: UserId [filter always];
    }
    hidden {}
    derived {}
    includes {}
    required { "Slug" }
}

-- Rules of spaces about approvals, and when and why revisions were approved; in JSON.

ALTER TABLE spaces ADD COLUMN approval_rules TEXT NOT NULL DEFAULT '{}';
ALTER TABLE revisions ADD COLUMN approvals TEXT NOT NULL DEFAULT '[]';

-- How much was handed in for a source within a day is asked with every file.
CREATE INDEX upload_day ON intake.upload (source_id, handed_at);

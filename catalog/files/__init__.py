"""The catalogue as files that people read and edit: one per model."""

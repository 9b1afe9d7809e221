"""Pictures: what they show, as plain data, and how it is drawn, without any network."""

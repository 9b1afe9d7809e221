"""What the pictures of a merchant's score show, read from the database."""

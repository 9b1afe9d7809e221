"""What a change would bring: a merchant's own last weeks, replayed with one thing different."""

"""From counts to points, and from points to a score: pure arithmetic."""

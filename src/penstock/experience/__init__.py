"""The Logistics Experience Score: profiles as data, and every point traced to its orders."""

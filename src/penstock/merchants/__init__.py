"""Who may sell what, where, and how many orders a day; the policies of controlled growth."""

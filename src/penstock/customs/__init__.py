"""Customs: what a code is, what a border costs, and what the papers must say."""

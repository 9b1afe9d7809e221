"""Penstock: fulfilment for livestream and marketplace commerce on PostgreSQL."""

__version__ = "0.1.0"

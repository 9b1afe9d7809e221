"""Controlled growth: policies as data, tiers, volume limits, order-handling capacity."""

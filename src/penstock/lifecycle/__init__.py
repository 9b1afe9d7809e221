"""The life of the three things that have a status: fulfilment order, parcel, return."""

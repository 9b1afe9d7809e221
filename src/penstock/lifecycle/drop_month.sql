SELECT lifecycle.drop_month(:month::int)

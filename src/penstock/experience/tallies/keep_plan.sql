SELECT set_config('work_mem', '64MB', true), set_config('plan_cache_mode', 'force_generic_plan', true)

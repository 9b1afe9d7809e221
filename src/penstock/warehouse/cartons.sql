SELECT carton, length_mm, width_mm, height_mm, tare_g, load_g
FROM warehouse.carton
ORDER BY carton

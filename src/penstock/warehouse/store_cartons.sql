INSERT INTO warehouse.carton (carton, length_mm, width_mm, height_mm, tare_g, load_g)
SELECT *
FROM unnest(:cartons::text[], :lengths_mm::int[], :widths_mm::int[], :heights_mm::int[],
            :tares_g::int[], :loads_g::int[])
ON CONFLICT (carton) DO UPDATE
    SET length_mm = excluded.length_mm, width_mm = excluded.width_mm,
        height_mm = excluded.height_mm, tare_g = excluded.tare_g, load_g = excluded.load_g

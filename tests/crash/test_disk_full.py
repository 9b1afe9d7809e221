"""C4: the log's disk is full, then freed: 503, not ready, nothing lost, back by itself."""


def test_orders_survive_a_full_disk(namespace):
    found = namespace.play("disk_full.py", timeout_s=230)
    print(found)
    assert found["lost"] == 0
    assert found["acknowledged"] > 50
    assert set(found["answers"]) <= {"201", "503"}, found
    assert set(found["health_while_full"]) == {503}
    assert found["health_after"] == 200

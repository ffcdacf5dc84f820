"""School software is read by what its school taught; a file without a known heading is refused in words."""

from tests.portal.api.machines import NEIGHBOUR_SCHOOL, Machine, make
from tests.portal.views.test_mappings import applied
from tests.portal.workbooks.vendors import EXTRA, their_file
from tests.portal.worlds import CLERK, World


def test_a_pushed_file_is_read_by_the_schools_mapping(world: World) -> None:
    machine = Machine(world.app, make(world).token)
    refused = machine.push(their_file(1, 2), "mapping-test-000001", 422)
    assert "Không tìm thấy dòng tiêu đề cột" in refused.get_data(as_text=True)
    applied(world, world.signed_in(CLERK), their_file(3, 4), {EXTRA: "ignored"})
    taken = machine.push(their_file(1, 2), "mapping-test-000002").get_json()
    assert taken["accepted"] == 2
    neighbour = Machine(world.app, make(world, NEIGHBOUR_SCHOOL).token)
    neighbour.push(their_file(5, 6), "mapping-test-000003", 422)

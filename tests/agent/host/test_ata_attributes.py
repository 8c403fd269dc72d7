import pytest

from wakeful_agent.host.ata_attributes import figures_of


def row(ident, name, value=100, raw=0, printed=None):
    shown = str(raw) if printed is None else printed
    return {"id": ident, "name": name, "value": value, "raw": {"value": raw, "string": shown}}


@pytest.mark.parametrize(
    ("ident", "name", "raw", "key"),
    [
        (5, "Reallocated_Sector_Ct", 16, ("sectors", "reallocated")),
        (5, "Retired_Block_Count", 3, ("sectors", "reallocated")),
        (5, "Reallocate_NAND_Blk_Cnt", 3, ("sectors", "reallocated")),
        (187, "Reported_Uncorrect", 2, ("errors", "uncorrectable")),
        (187, "Uncorrectable_Error_Cnt", 2, ("errors", "uncorrectable")),
        (197, "Current_Pending_Sector", 8, ("sectors", "pending")),
        (197, "Pending_Sector_Count", 8, ("sectors", "pending")),
        (198, "Offline_Uncorrectable", 9, ("sectors", "uncorrectable")),
        (199, "UDMA_CRC_Error_Count", 7, ("errors", "crc")),
        (199, "SATA_CRC_Error_Count", 7, ("errors", "crc")),
        (174, "Unexpect_Power_Loss_Ct", 5, ("unsafe_shutdowns", "")),
        (192, "Unsafe_Shutdown_Count", 5, ("unsafe_shutdowns", "")),
    ],
)
def test_what_is_counted(ident, name, raw, key):
    assert figures_of([row(ident, name, raw=raw)], 512, True) == {key: raw}


@pytest.mark.parametrize(
    ("ident", "name"),
    [(197, "Not_In_Use"), (192, "Power-Off_Retract_Count"), (202, "Data_Address_Mark_Errs"), (5, "Unknown_Attribute")],
)
def test_an_id_under_another_name_counts_nothing(ident, name):
    assert figures_of([row(ident, name, 50, 9)], 512, True) == {}


def test_several_numbers_in_the_six_bytes_of_one():
    assert figures_of([row(188, "Command_Timeout", raw=0x0003_0002_0004)], 512, True) == {
        ("errors", "command_timeout"): 4
    }
    assert figures_of([row(188, "Command_Timeout", raw=9)], 512, True) == {("errors", "command_timeout"): 9}
    packed = row(5, "Reallocated_Sector_Ct", raw=0x0005_0000_000C, printed="12 (5 0)")
    assert figures_of([packed], 512, True) == {("sectors", "reallocated"): 12}


@pytest.mark.parametrize(
    ("name", "value", "raw", "used"),
    [
        ("Wear_Leveling_Count", 91, 1661, 0.09),
        ("Media_Wearout_Indicator", 15, 0, 0.85),
        ("Percent_Lifetime_Remain", 83, 17, 0.17),
        ("Percent_Life_Remaining", 83, 17, 0.17),
        ("SSD_Life_Left", 98, 0, 0.02),
        ("SSD_Life_Left", 98, 1, 0.02),
        ("SSD_Life_Left", 100, 74, 0.26),
        ("SSD_Life_Left", 100, 1, 0.0),
        ("Remaining_Lifetime_Perc", 100, 96, 0.04),
        ("Wear_Leveling_Count", 200, 3, 0.0),
        ("Media_Wearout_Indicator", 0, 0, 1.0),
    ],
)
def test_wear_is_the_share_used(name, value, raw, used):
    assert figures_of([row(231, name, value, raw)], 512, True) == {("wear", ""): used}


def test_of_several_words_on_wear_the_most_telling_holds():
    rows = [row(177, "Wear_Leveling_Count", 40), row(233, "Media_Wearout_Indicator", 60), row(1, "Media_Wearout_Count")]
    assert figures_of(rows, 512, True) == {("wear", ""): 0.4}
    assert figures_of(rows[::-1], 512, True) == {("wear", ""): 0.4}


def test_bytes_moved_are_known_where_the_unit_is():
    assert figures_of([row(241, "Host_Writes_32MiB", raw=2)], 512, False) == {("io", "write"): 2 * 32 * 1024**2}
    assert figures_of([row(242, "Lifetime_Reads_GiB", raw=2)], 512, False) == {("io", "read"): 2 * 1024**3}
    assert figures_of([row(241, "Total_LBAs_Written", raw=8)], 4096, True) == {("io", "write"): 8 * 4096}
    assert figures_of([row(242, "Total_LBAs_Read", raw=8)], 512, True) == {("io", "read"): 8 * 512}
    assert figures_of([row(241, "Total_LBAs_Written", raw=8)], 512, False) == {}, "not in the drive database"
    assert figures_of([row(233, "Flash_Writes_GiB", raw=8)], 512, True) == {}, "of the flash, not of the host"


def test_rows_of_another_form_are_nothing():
    rows = [
        {},
        {"id": "x", "name": 7},
        {"id": 5, "name": "Reallocated_Sector_Ct"},
        {"id": 231, "name": "SSD_Life_Left"},
    ]
    assert figures_of(rows, 512, True) == {}

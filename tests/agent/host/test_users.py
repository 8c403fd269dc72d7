from wakeful_agent.host.users import parse_passwd, user_names


def test_names_by_number(machine, made):
    assert user_names(machine("bare-metal")) == {0: "root", 33: "www-data"}
    assert user_names(made({})) == {}


def test_odd_lines_are_left_out_and_the_first_name_of_a_number_stays():
    text = "root:x:0:0\ntoor:x:0:0\n+nis\n\n:x:5:\nevil\x07:x:7:7\nbig:x:99999999999999:1\n"
    assert parse_passwd(text) == {0: "root", 7: "evil\ufffd"}

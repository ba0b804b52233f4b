from expect import fails_as, same
from wit_world.imports import control, logging, runtime, wasi_config_store


def run():
    for config, error, name in (
        (runtime, runtime.ConfigError_Upstream, "runtime"),
        (wasi_config_store, wasi_config_store.Error_Upstream, "store"),
    ):
        same(config.get("color"), "green")
        same(config.get("missing"), None)
        same(config.get_all(), [("color", "green")])
        control.set_link(f"wasi:config/{name}", "off")
        assert "is off" in fails_as(error, config.get, "color").value
        assert "is off" in fails_as(error, config.get_all).value
        control.set_link(f"wasi:config/{name}", "linked")
    for level in logging.Level:
        logging.log(level, "probe", f"at {level.name}")

from expect import fails, fails_as, same
from wit_world.imports import consumer, control, producer, request_reply
from wit_world.imports import wasmcloud_messaging_types_0_3_0 as types
from wit_world.imports.wasmcloud_messaging_types_0_2_0 import BrokerMessage
from wit_world.imports.wasmcloud_messaging_types_0_3_0 import Client, Message


def run():
    same(consumer.request("probe.upper", b"text", 10_000).body, b"TEXT")
    assert "no responders" in fails(consumer.request, "nobody", b"", 1000)
    consumer.publish(BrokerMessage("probe.refuse", b"", None))
    assert "wildcard" in fails(consumer.publish, BrokerMessage("probe.*", b"", None))

    message = Message(b"x")
    same(message.topic(), "")
    message.set_data(b"text")
    same(message.data(), b"text")
    same(message.content_type(), None)
    message.set_content_type("text/plain")
    same(message.content_type(), "text/plain")
    same(message.metadata(), None)
    message.set_metadata([("a", "1"), ("b", "2")])
    message.add_metadata("a", "3")
    message.remove_metadata("b")
    same(message.metadata(), [("a", "3")])
    client = Client.connect("default")
    producer.send(client, "new.refuse", message)
    fails_as(types.Error_Connection, producer.send, client, "a b", Message(b""))
    asked = Message(b"text")
    assert "topic" in fails_as(types.Error_Connection, request_reply.request, client, asked, None).value
    asked.add_metadata("topic", "new.upper")
    options = request_reply.RequestOptions()
    options.set_timeout_ms(10_000)
    options.set_expected_replies(2)
    replies = request_reply.request(client, asked, options)
    same([reply.data() for reply in replies], [b"TEXT", b"TEXT"])

    request_reply.reply(asked, Message(b"to nobody"))
    for name in ("producer", "request-reply"):
        control.set_link(f"wasmcloud:messaging/{name}", "off")
    fails_as(types.Error_Other, request_reply.reply, asked, Message(b""))
    fails_as(types.Error_Connection, Client.connect, "default")
    for name in ("producer", "request-reply"):
        control.set_link(f"wasmcloud:messaging/{name}", "linked")
    client.disconnect()
    fails_as(types.Error_Connection, client.disconnect)

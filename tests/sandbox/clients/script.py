"""What every client sends in the same play."""


def card(task_id):
    return {
        "card_type": "button_interaction",
        "task_id": task_id,
        "main_title": {"title": "节前提醒"},
        "button_list": [{"text": "已阅", "style": 1, "key": "ack"}],
    }


def changed(task_id):
    return {
        "card_type": "text_notice",
        "task_id": task_id,
        "main_title": {"title": "已阅，谢谢"},
        "card_action": {"type": 1, "url": "https://a.example"},
    }

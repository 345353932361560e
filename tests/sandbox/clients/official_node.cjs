// The official Node SDK (npm @wecom/aibot-node-sdk) against a sandbox, over wss, with an upload.
// Its wsOptions take the authority: { ca }.
"use strict";
const { readFileSync } = require("node:fs");
const { WSClient } = require(require.resolve("@wecom/aibot-node-sdk", { paths: [process.cwd()] }));

const facts = JSON.parse(process.argv[2]);
const task_id = "official-node";
const card = {
  card_type: "button_interaction", task_id,
  main_title: { title: "节前提醒" }, button_list: [{ text: "已阅", style: 1, key: "ack" }],
};
const changed = {
  card_type: "text_notice", task_id,
  main_title: { title: "已阅，谢谢" }, card_action: { type: 1, url: "https://a.example" },
};
const client = new WSClient({
  botId: facts.bot.bot_id, secret: facts.bot.secret, wsUrl: facts.wss,
  wsOptions: { ca: readFileSync(facts.ca) },
});
const failed = (error) => { console.error(error); process.exit(1); };

client.on("authenticated", () => console.log("ready"));
client.on("message.text", async (frame) => {
  try {
    if (frame.body.text.content.includes("bye")) { client.disconnect(); process.exit(0); }
    const person = frame.body.from.userid;
    await client.replyStream(frame, "s1", "正在");
    await client.replyStream(frame, "s1", "在的", true);
    await client.sendMessage(person, { msgtype: "markdown", markdown: { content: "**提醒**" }, chat_type: 1 });
    await client.sendMessage(person, { msgtype: "template_card", template_card: card, chat_type: 1 });
    const done = await client.uploadMedia(Buffer.alloc(700000, "a"), { type: "file", filename: "a.txt" });
    await client.sendMediaMessage(person, "file", done.media_id);
  } catch (error) { failed(error); }
});
client.on("event.enter_chat", (frame) => client.replyWelcome(frame, { msgtype: "text", text: { content: "您好" } }).catch(failed));
client.on("event.template_card_event", (frame) => client.updateTemplateCard(frame, changed).catch(failed));
setTimeout(() => failed("nobody said bye"), 30000);
client.connect();

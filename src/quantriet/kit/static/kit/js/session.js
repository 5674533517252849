// Says in time that the session ends and prolongs it with one tap; typed words stay in this tab (keep.js) either way.
const { sessionSeconds, sessionUrl } = document.body.dataset;
const words = document.getElementById("ui-words")?.dataset ?? {};
const WARN = 180;

if (Number(sessionSeconds) > 0) {
  let ends = Date.now() + Number(sessionSeconds) * 1000;
  let notice = null;

  const say = (text, button) => {
    notice ??= document.body.appendChild(Object.assign(document.createElement("div"), { className: "session-notice" }));
    notice.setAttribute("role", "alert");
    const line = document.createElement("p");
    line.textContent = text;
    notice.replaceChildren(line, ...(button ? [button] : []));
  };

  const stay = async () => {
    try {
      const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
      const answer = await fetch(sessionUrl, { method: "POST", headers: { "X-CSRFToken": token }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      ends = Date.now() + Number(sessionSeconds) * 1000;
      notice?.remove();
      notice = null;
      shownMinutes = 0;
    } catch {
      say(words.sessionOver ?? "");
    }
  };

  let shownMinutes = 0;
  const tick = () => {
    const left = (ends - Date.now()) / 1000;
    if (left <= 0) {
      say(words.sessionOver ?? "");
      return clearInterval(timer);
    }
    const minutes = Math.ceil(left / 60);
    if (left <= WARN && minutes !== shownMinutes) {
      shownMinutes = minutes;
      const button = Object.assign(document.createElement("button"), { type: "button", className: "button button--primary", textContent: words.sessionStay ?? "" });
      button.addEventListener("click", stay);
      say((words.sessionSoon ?? "").replace("{n}", String(minutes)), sessionUrl ? button : null);
    }
  };
  const timer = setInterval(tick, 5000);
  // Any answer from the server (htmx) has prolonged a sliding session too.
  document.addEventListener("htmx:afterOnLoad", () => { ends = Date.now() + Number(sessionSeconds) * 1000; });
}

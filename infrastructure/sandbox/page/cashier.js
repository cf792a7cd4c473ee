// Counts the time left down; without script the page shows the time at which it was opened.
(function () {
  var left = document.querySelector("[data-seconds]");
  if (!left) return;
  var speed = Number(left.dataset.speed);
  var end = Date.now() + Number(left.dataset.seconds) * 1000 / speed;
  function two(n) { return n < 10 ? "0" + n : String(n); }
  function show() {
    var s = Math.max(0, Math.ceil((end - Date.now()) * speed / 1000)), d = left.dataset;
    left.textContent = s >= 3600
      ? Math.floor(s / 3600) + " " + d.hoursWord + " " + two(Math.floor(s % 3600 / 60)) + " " + d.minutesWord
      : Math.floor(s / 60) + " " + d.minutesWord + " " + two(s % 60) + " " + d.secondsWord;
    if (s > 0) setTimeout(show, 500); else setTimeout(function () { location.reload(); }, 1000);
  }
  show();
  document.querySelectorAll("form").forEach(function (form) {
    form.addEventListener("submit", function () {
      setTimeout(function () { form.querySelector("button").disabled = true; }, 0);
    });
  });
})();

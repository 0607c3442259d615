// SPDX-License-Identifier: Apache-2.0
#if Server
  /// The style and the script of all pages. Every page works without the script.
  enum ViewerAssets {
    static let style = """
      :root {
        color-scheme: light dark;
        --ink: light-dark(#1c2430, #e4e8ee); --soft: light-dark(#5b6675, #9aa6b5);
        --paper: light-dark(#ffffff, #14181e); --shade: light-dark(#f5f7f9, #1b2129);
        --line: light-dark(#dde2e8, #303945); --accent: light-dark(#0b6e6e, #4cc3bd);
        --danger: light-dark(#b3261e, #ff8a80); --good: light-dark(#1b6e3a, #7fd8a0);
      }
      * { box-sizing: border-box; }
      body { margin: 0; color: var(--ink); background: var(--paper);
        font: 15px/1.5 system-ui, sans-serif; }
      header { background: var(--shade); border-bottom: 1px solid var(--line); }
      header, main { padding: 0 max(16px, calc((100vw - 1200px) / 2)); }
      main { padding-bottom: 48px; }
      nav ol { display: flex; flex-wrap: wrap; gap: 0 8px; margin: 0; padding: 12px 0;
        list-style: none; }
      nav li { overflow-wrap: anywhere; }
      nav li + li::before { content: "/"; color: var(--soft); margin-right: 8px; }
      .home { font-weight: 700; }
      h1 { font-size: 22px; line-height: 1.3; margin: 24px 0 16px; overflow-wrap: anywhere; }
      a { color: var(--accent); text-decoration: none; }
      a:hover { text-decoration: underline; }
      :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
      .skip { position: absolute; left: -999px; }
      .skip:focus { left: 8px; top: 8px; padding: 8px; background: var(--paper); }
      .scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
      .narrow { max-width: 640px; }
      table { border-collapse: collapse; width: 100%; }
      th, td { padding: 7px 12px; text-align: left; vertical-align: top; white-space: nowrap;
        max-width: 400px; overflow: hidden; text-overflow: ellipsis; }
      th { background: var(--shade); color: var(--soft); font-size: 13px; font-weight: 600; }
      th a { color: inherit; }
      tbody tr + tr td { border-top: 1px solid var(--line); }
      tbody tr:hover td { background: var(--shade); }
      .number { text-align: right; font-variant-numeric: tabular-nums; }
      .type { color: var(--soft); font-style: italic; }
      .code, code, pre, textarea, .wide, .keys { font: 13px/1.5 ui-monospace, monospace; }
      pre { overflow-x: auto; background: var(--shade); padding: 10px 12px; border-radius: 6px; }
      input:not([type=checkbox], [type=file]), select, textarea, button, .button {
        font-size: 15px; color: var(--ink); background: var(--paper); border: 1px solid var(--line);
        border-radius: 6px; padding: 6px 10px; }
      input, select, button { font-family: inherit; max-width: 100%; }
      textarea { display: block; width: 100%; font-size: 13px; resize: vertical; }
      .wide { width: 100%; }
      button, .button { display: inline-block; line-height: 1.5; cursor: pointer;
        background: var(--shade); font-weight: 500; }
      button:hover, .button:hover { border-color: var(--soft); text-decoration: none; }
      .primary { background: var(--accent); border-color: var(--accent); color: var(--paper); }
      .danger { color: var(--danger); }
      .actions, .fields { display: flex; flex-wrap: wrap; gap: 10px; align-items: center;
        margin: 16px 0; }
      .query { display: grid; gap: 6px; margin-bottom: 16px; justify-items: start; }
      label, small, dt, legend { color: var(--soft); font-size: 13px; }
      label { font-weight: 500; }
      .row { display: grid; grid-template-columns: 140px 1fr; gap: 4px 16px; margin: 0 0 12px;
        padding: 6px 14px 12px; border: 1px solid var(--line); border-radius: 8px; min-width: 0; }
      .row > label { display: grid; gap: 2px; align-content: start; }
      .row > label:has(input[name^=n]) { grid-column: 1 / -1; }
      .row legend { color: var(--ink); font-size: 14px; font-weight: 600; padding: 0 6px;
        max-width: 100%; overflow-wrap: anywhere; }
      .row .checks { grid-column: 2; display: flex; gap: 20px; }
      .row .problem { grid-column: 1 / -1; }
      .problem { color: var(--danger); margin: 2px 0; }
      [aria-invalid] { border-color: var(--danger); }
      .notice { margin: 0 0 16px; border-left: 4px solid; padding: 8px 14px;
        background: var(--shade); border-radius: 4px; overflow-wrap: anywhere; }
      .notice p { margin: 0; }
      .good { border-color: var(--good); }
      .bad { border-color: var(--danger); }
      dl { display: flex; flex-wrap: wrap; gap: 8px 32px; }
      dd { margin: 0; font-variant-numeric: tabular-nums; }
      .keys { padding-left: 20px; overflow-wrap: anywhere; }
      summary { cursor: pointer; margin: 16px 0 0; color: var(--soft); }
      @media (max-width: 600px) {
        .row { grid-template-columns: 1fr; }
        .row .checks { grid-column: 1; }
        .fields label { flex-basis: 100%; }
      }

      """

    static let script = """
      "use strict";
      // One box selects all others of its form.
      for (const all of document.querySelectorAll("[data-selects-all]")) {
        all.hidden = false;
        all.addEventListener("change", () => {
          for (const box of all.form.querySelectorAll("input[name=key]")) box.checked = all.checked;
        });
      }
      // A file that the server would refuse is not sent.
      for (const input of document.querySelectorAll("[data-max-bytes]")) {
        input.addEventListener("change", () => {
          const isLarge = [...input.files].some((file) => file.size > input.dataset.maxBytes);
          input.setCustomValidity(isLarge ? "The file is too large." : "");
          input.reportValidity();
        });
      }
      // Control and Enter, or Command and Enter, send the form.
      addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        const form = event.target.form;
        if (form) form.requestSubmit(form.querySelector("button"));
      });

      """
  }
#endif

// A button above each notebook of exercises: it saves the notebook, asks the server to run `course submit`, and shows
// what that says, with a link to the file. JupyterLab loads this as it is and calls `init` and `get`; see __init__.py.

const NAME = "@deep-learning-by-hand/hand-in";
const EXERCISE = /^assignments\/([0-9]{2}_\w+)\/\1\.ipynb$/;
let shared = {};

/** One of JupyterLab's own packages. */
async function own(name) {
  const versions = Object.values(shared[name]);
  const version = versions.find((v) => v.loaded) ?? versions[0];
  return (await version.get())();
}

async function activate(app) {
  const { Dialog, showDialog, ToolbarButton } = await own("@jupyterlab/apputils");
  const { ServerConnection } = await own("@jupyterlab/services");
  const { Widget } = await own("@lumino/widgets");
  const settings = app.serviceManager.serverSettings;

  /** What `course submit` says of the saved notebook, and the file that it made. */
  async function submit(path) {
    const body = JSON.stringify({ path });
    const answer = await ServerConnection.makeRequest(
      `${settings.baseUrl}course/hand-in`,
      { method: "POST", body },
      settings,
    );
    const told = await answer.json();
    if (!answer.ok) {
      throw new Error(told.message);
    }
    return told;
  }

  /** The dialog's contents: a link to the file, and what was said. */
  async function contents({ said, file }) {
    const node = document.createElement("div");
    if (file) {
      const link = document.createElement("a");
      link.href = await app.serviceManager.contents.getDownloadUrl(file);
      link.download = file.split("/").pop();
      link.textContent = `Download ${link.download}`;
      link.style.cssText = "color: var(--jp-content-link-color); text-decoration: underline; font-weight: bold";
      const sentence = document.createElement("p");
      sentence.append(link, " and upload it to the page of your course.");
      node.append(sentence);
    }
    const text = document.createElement("pre");
    text.textContent = said;
    text.tabIndex = 0;
    text.style.cssText =
      "white-space: pre-wrap; overflow-wrap: anywhere; font: var(--jp-code-font-size) var(--jp-code-font-family); color: var(--jp-ui-font-color1)";
    node.append(text);
    return new Widget({ node });
  }

  async function handIn(context, button) {
    if (!button.enabled) {
      return; // a second click, before the button is drawn anew
    }
    button.enabled = false;
    try {
      await context.save();
      const told = await submit(context.path);
      await showDialog({
        title: told.file ? "Ready to hand in" : "Not packed",
        body: await contents(told),
        buttons: [Dialog.okButton({ label: "Close" })],
      });
    } catch (error) {
      const said = `${error.message ?? error}\nNothing was packed. Save the notebook, open a terminal (File, New, Terminal) and type: course submit ${context.path.match(EXERCISE)[1]}`;
      await showDialog({
        title: "Not packed",
        body: await contents({ said, file: "" }),
        buttons: [Dialog.okButton({ label: "Close" })],
      });
    } finally {
      button.enabled = true;
    }
  }

  app.docRegistry.addWidgetExtension("Notebook", {
    createNew(panel, context) {
      if (EXERCISE.test(context.path)) {
        const button = new ToolbarButton({
          label: "Hand in",
          tooltip: "Save the notebook, run its checks once more, and make the file to hand in",
          onClick: () => handIn(context, button),
        });
        panel.toolbar.insertItem(0, "hand-in", button);
        return button;
      }
    },
  });
}

window._JUPYTERLAB = window._JUPYTERLAB ?? {};
window._JUPYTERLAB[NAME] = {
  init(scope) {
    shared = scope;
  },
  async get() {
    return () => ({
      __esModule: true,
      default: {
        id: `${NAME}:plugin`,
        description: "The button that hands in an exercise.",
        autoStart: true,
        activate,
      },
    });
  },
};

import { Button, Result } from "antd";
import { Component, type ReactNode } from "react";
import { reportFailure } from "../api/report";
import { useSpeaker } from "../text/language";

function Broken({ error }: { error: Error }) {
  const { t } = useSpeaker();
  return (
    <Result
      status="error"
      title={t("broken.title")}
      subTitle={`${t("broken.detail")} ${error.message}`}
      extra={
        <Button type="primary" onClick={() => window.location.reload()}>
          {t("broken.reload")}
        </Button>
      }
    />
  );
}

// Boundary shows a page instead of nothing when drawing failed, as it does when a new version has replaced the files
// of the one that is open.
export class Boundary extends Component<{ children: ReactNode }, { error?: Error }> {
  state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  componentDidCatch(error: Error) {
    reportFailure(error);
  }

  render() {
    return this.state.error ? <Broken error={this.state.error} /> : this.props.children;
  }
}

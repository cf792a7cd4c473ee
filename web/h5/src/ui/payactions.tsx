import { useEffect, useState } from "react";
import { Refused, type OrderView } from "../api/client";
import { openCashier, useCheckPayment } from "../api/queries";
import { useSay } from "../text/text";
import { Button } from "./parts";
import { useToast } from "./toast";

/** PayActions lets the buyer of an unpaid order pay, or say that it is paid, which makes the shop ask Alipay. */
export function PayActions({ view, asked }: { view: OrderView; asked: boolean }) {
  const say = useSay();
  const toast = useToast();
  const check = useCheckPayment(view.order.order_id);
  const [leaving, setLeaving] = useState(false);
  useEffect(() => {
    const shown = (event: PageTransitionEvent) => event.persisted && setLeaving(false);
    addEventListener("pageshow", shown);
    return () => removeEventListener("pageshow", shown);
  }, []);
  const explain = (error: unknown) => toast(error instanceof Refused && error.problem.title ? error.problem.title : say("failed_network"));
  const pay = async () => {
    setLeaving(true);
    try {
      location.assign(await openCashier(view.order.order_id));
    } catch (error) {
      setLeaving(false);
      explain(error);
    }
  };
  const ask = () =>
    check.mutate(undefined, {
      onSuccess: (after) => after.order.status === "awaiting_payment" && toast(say("check_not_paid")),
      onError: explain,
    });
  const started = view.payments.length > 0;
  return (
    <>
      {(asked || started) && (
        <Button look="line" busy={check.isPending} onClick={ask}>{say(check.isPending ? "checking" : "i_have_paid")}</Button>
      )}
      <Button busy={leaving} onClick={() => void pay()}>{say(leaving ? "going_to_pay" : started ? "continue_pay" : "go_pay")}</Button>
    </>
  );
}

import { SignUpPage } from "@/auth/SignUpPage";

export default function Page() {
  return <SignUpPage />;
}

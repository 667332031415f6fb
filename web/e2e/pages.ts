// The pages that there are.
export const LISTS = ["/", "/upcoming", "/overdue", "/all", "/completed", "/trash"];
export const SIGNED_IN = [...LISTS, "/tags", "/dashboard", "/notifications", "/chat", "/settings"];
export const OUTSIDE = ["/sign-in", "/sign-up"];

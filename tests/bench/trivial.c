/* The smallest program worth timing: reads nothing, answers at once. */
#include <stdio.h>

int main(void)
{
    puts("ok");
    return 0;
}
